#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# chemfiles 0.10.4, residue numbers of the same molecule in a PDB file and in an mmCIF file.
#
# Expected: the same numbers, those of the authors, which papers and PDB files use: mmCIF has them as auth_seq_id. gemmi 0.7.5 and MDAnalysis 2.11.0 do so.
# Seen:     chemfiles reads auth_seq_id of the PDB file, there being no other, and label_seq_id of the mmCIF file, which counts from 1. Residue 102 of one is residue 2 of the other, and
#           where the chain is long enough, 102 of the other is some other residue.
# Why it matters: a selection by number ("resid 102", a catalytic residue, the ends of a helix) picks other atoms when the file is loaded in its newer format, and the collective variable is a
#           smooth, plausible one of the wrong part. Look at the residues' names.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 chemfiles==0.10.4 gemmi==0.7.5 MDAnalysis==2.11.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import chemfiles
import gemmi
import MDAnalysis

names = ["GLY", "ALA", "SER"]
columns = "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_entity_id label_seq_id pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z"
columns += " occupancy B_iso_or_equiv auth_seq_id auth_comp_id auth_asym_id auth_atom_id pdbx_PDB_model_num"
with open(f"{sys.argv[1]}/a.cif", "w") as cif, open(f"{sys.argv[1]}/a.pdb", "w") as pdb:
    cif.write("data_X\nloop_\n" + "".join(f"_atom_site.{column}\n" for column in columns.split()))
    for i, name in enumerate(names, start=1):
        cif.write(f"ATOM {i} C CA . {name} A 1 {i} ? {3.8 * i:.3f} 0.000 0.000 1.00 0.00 {100 + i} {name} A CA 1\n")
        pdb.write(f"ATOM  {i:5d}  CA  {name} A {100 + i:3d}    {3.8 * i:8.3f}   0.000   0.000  1.00  0.00           C\n")
    pdb.write("END\n")
seen = {}
for format in ("pdb", "cif"):
    name = f"{sys.argv[1]}/a.{format}"
    with chemfiles.Trajectory(name, "r", {"pdb": "PDB", "cif": "mmCIF"}[format]) as trajectory:
        by_chemfiles = [residue.id for residue in trajectory.read().topology.residues]
    by_gemmi = [residue.seqid.num for residue in gemmi.read_structure(name)[0][0]]
    by_mdanalysis = [int(number) for number in MDAnalysis.Universe(name).residues.resids]
    seen[format] = by_chemfiles, by_gemmi, by_mdanalysis
    print(f"{format}: chemfiles {chemfiles.__version__} {by_chemfiles}, gemmi {gemmi.__version__} {by_gemmi}, MDAnalysis {MDAnalysis.__version__} {by_mdanalysis}")
by_authors = [101, 102, 103]
sys.exit(0 if seen["pdb"] == (by_authors,) * 3 and seen["cif"] == ([1, 2, 3], by_authors, by_authors) else 1)
PYTHON

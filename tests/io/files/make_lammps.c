/* SPDX-FileCopyrightText: The kswgd authors
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A small file as LAMMPS' dump h5md writes it: by its own library, ch5md (github.com/pdebuyl/ch5md, commit 881ecf4, the same as lib/h5md of LAMMPS), called
 * in the order of src/H5MD/dump_h5md.cpp. Packages of LAMMPS are built without it.
 *
 * usage: gcc -std=gnu11 -I CH5MD/src make_lammps.c CH5MD/src/ch5md.c -lhdf5 -o make_lammps && ./make_lammps lammps.h5 */
#include <stdbool.h>
#include <stdio.h>
#include "ch5md.h"

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  char *boundary[3] = {"periodic", "none", "periodic"};
  int dims[2] = {4, 3}, frame, i;
  h5md_file file = h5md_create_file(argv[1], "N/A", NULL, "lammps", "22 Jul 2025");
  h5md_particles_group group = h5md_create_particles_group(file, "all");
  group.position = h5md_create_time_data(group.group, "position", 2, dims, H5T_NATIVE_DOUBLE, NULL);
  h5md_create_box(&group, 3, boundary, true, NULL, &group.position);
  group.image = h5md_create_time_data(group.group, "image", 2, dims, H5T_NATIVE_INT, &group.position);
  group.species = h5md_create_time_data(group.group, "species", 1, dims, H5T_NATIVE_INT, NULL);
  for (frame = 0; frame < 7; ++frame) {
    double position[12], edges[3] = {10 + frame, 20, 30};
    int image[12] = {0}, species[4] = {1, 1, 2, 2}, step = 100 * frame;
    for (i = 0; i < 12; ++i) position[i] = 100 * frame + 10 * (i / 3) + i % 3 + 0.125;
    /* time = step * dt, of the step that runs now */
    h5md_append(group.position, position, step, step * 0.005);
    h5md_append(group.box_edges, edges, step, step * 0.005);
    h5md_append(group.image, image, step, step * 0.005);
    h5md_append(group.species, species, step, step * 0.005);
  }
  h5md_close_element(group.position);
  h5md_close_element(group.box_edges);
  h5md_close_element(group.image);
  h5md_close_element(group.species);
  return h5md_close_file(file);
}

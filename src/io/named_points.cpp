// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "hdf5.hpp"
#include "stamp.hpp"

#include <kswgd/io/named_points.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <sstream>

namespace kswgd::io {

void write_named_points(const std::string& path, const std::vector<NamedPoints>& sets, const FileStamp& stamp) {
  require(format_of(path) == "h5", "io", [&] { return "'" + path + "': several sets of points are written as HDF5: name the file .h5"; });
  AtomicFile out(path);
  auto file = hdf5::File::create(out);
  for (const NamedPoints& set : sets) {
    file.write_matrix("/" + set.name, set.points);
    for (std::size_t k = 0; k < set.attributes.size(); ++k)
      file.write_array("/" + set.name + "_" + set.attributes[k], &set.values(0, k), {set.values.extent(0)});
  }
  write_stamp(file, stamp);
  file.close();
  out.commit();
}

void write_xdmf(const std::string& path, const std::string& hdf5, const std::vector<NamedPoints>& sets) {
  std::ostringstream text;
  text << "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n <Domain>\n";
  const auto item = [&](const NamedPoints& set) {
    const std::size_t n = set.points.extent(0), d = set.points.extent(1), used = std::min<std::size_t>(d, 3);
    const char* type = used == 2 ? "XY" : used == 3 ? "XYZ" : "X_Y_Z";
    text << "   <Geometry GeometryType=\"" << type << "\">\n";
    if (used == d && used > 1) {
      text << "    <DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"" << n << ' ' << d << "\">" << hdf5 << ":/" << set.name << "</DataItem>\n";
    } else if (used == 1) {
      text << "    <DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"" << n << "\">" << hdf5 << ":/" << set.name << "</DataItem>\n";
      for (int k = 0; k < 2; ++k)
        text << "    <DataItem ItemType=\"Function\" Function=\"0 * $0\" Dimensions=\"" << n << "\"><DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"" << n
             << "\">" << hdf5 << ":/" << set.name << "</DataItem></DataItem>\n";
    } else {
      text << "    <DataItem ItemType=\"HyperSlab\" Dimensions=\"" << n << " 3\"><DataItem Dimensions=\"3 2\" Format=\"XML\">0 0 1 1 " << n
           << " 3</DataItem><DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"" << n << ' ' << d << "\">" << hdf5 << ":/" << set.name
           << "</DataItem></DataItem>\n";
    }
    text << "   </Geometry>\n";
  };
  for (const NamedPoints& set : sets) {
    text << "  <Grid Name=\"" << set.name << "\">\n   <Topology TopologyType=\"Polyvertex\" NumberOfElements=\"" << set.points.extent(0) << "\"/>\n";
    item(set);
    for (const std::string& attribute : set.attributes)
      text << "   <Attribute Name=\"" << attribute << "\" Center=\"Node\"><DataItem Format=\"HDF\" Precision=\"8\" Dimensions=\"" << set.points.extent(0)
           << "\">" << hdf5 << ":/" << set.name << "_" << attribute << "</DataItem></Attribute>\n";
    text << "  </Grid>\n";
  }
  text << " </Domain>\n</Xdmf>\n";
  write_text(path, text.str());
}

}  // namespace kswgd::io

// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "fuzz.hpp"
#include "io/hdf5.hpp"

#include <fuzzer/FuzzedDataProvider.h>
#include <kswgd/io/model_file.hpp>
#include <kswgd/io/perceptron_file.hpp>
#include <kswgd/io/samples_file.hpp>

#include <cmath>

// HDF5 files that are whole, with objects, types, shapes, layouts, links and attributes as the bytes say: what other people's programs may write. HDF5 itself
// has no reason to crash on these.
namespace {

using namespace kswgd;
using io::hdf5::Handle;

const char* const names[] = {"samples",
                             "trajectories",
                             "trajectories/a",
                             "trajectories/b10",
                             "trajectories/b9",
                             "times",
                             "times/a",
                             "times/b9",
                             "weights",
                             "weights/a",
                             "particles",
                             "state",
                             "state/particles",
                             "state/numbers",
                             "state/coefficients",
                             "state/level_energy",
                             "history/time",
                             "history/energy",
                             "history/chi2",
                             "history/step",
                             "history/level",
                             "history/round",
                             "history/evaluations",
                             "W0",
                             "b0",
                             "W1",
                             "b1",
                             "gain0",
                             "shift0",
                             "residual",
                             "x",
                             "x/samples"};
const char* const attributes[] = {"columns", "dt", "seed", "activation", "ended", "fingerprint", "level_reasons", "in_double", "a"};

std::string name_from(FuzzedDataProvider& bytes) { return "/" + std::string(bytes.PickValueInArray(names)); }

double number_from(FuzzedDataProvider& bytes) {
  return bytes.ConsumeBool()
             ? bytes.ConsumeIntegralInRange(-2, 6)
             : bytes.PickValueInArray({0.5, 1e300, -1e300, 1e-320, std::nan(""), double(INFINITY), 9007199254740993.0, 2147483648.0, -0.0, 1e18});
}

Handle type_from(FuzzedDataProvider& bytes) {
  switch (bytes.ConsumeIntegralInRange(0, 11)) {
    case 0:
      return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
    case 1:
      return {H5Tcopy(H5T_IEEE_F64BE), H5Tclose};
    case 2:
      return {H5Tcopy(H5T_STD_I32LE), H5Tclose};
    case 3:
      return {H5Tcopy(H5T_STD_U64LE), H5Tclose};
    case 4:
      return {H5Tcopy(H5T_STD_I8BE), H5Tclose};
    case 5: {
      Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
      H5Tset_size(type, bytes.ConsumeIntegralInRange(1, 9));
      return type;
    }
    case 6: {
      Handle type(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
      H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
      H5Tinsert(type, "i", 8, H5T_NATIVE_DOUBLE);
      return type;
    }
    case 7:
      return {H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose};
    case 8:
      return {H5Tcreate(H5T_OPAQUE, 4), H5Tclose};
    default:
      return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
  }
}

using Extents = std::vector<hsize_t>;

Handle space_from(FuzzedDataProvider& bytes, Extents& extents) {
  const int kind = bytes.ConsumeIntegralInRange(0, 15);
  if (kind == 0) return {H5Screate(H5S_NULL), H5Sclose};
  if (kind == 1) return {H5Screate(H5S_SCALAR), H5Sclose};
  extents.resize(kind < 5 ? 1 : kind == 5 ? 3 : 2);
  for (hsize_t& extent : extents) extent = bytes.ConsumeIntegralInRange(0, 5);
  const Extents most(extents.size(), H5S_UNLIMITED);
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), bytes.ConsumeBool() ? most.data() : nullptr), H5Sclose};
}

Handle layout_from(FuzzedDataProvider& bytes, const Extents& extents) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const int kind = bytes.ConsumeIntegralInRange(0, 6);
  if (kind <= 2 && !extents.empty()) {
    Extents chunk(extents.size());
    for (hsize_t& extent : chunk) extent = bytes.ConsumeIntegralInRange(1, 4);
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    if (kind == 0) H5Pset_deflate(properties, 1);
    if (kind == 1) H5Pset_shuffle(properties);
  }
  if (kind == 3) H5Pset_layout(properties, H5D_COMPACT);
  if (kind == 4) H5Pset_external(properties, bytes.ConsumeBool() ? "absent.raw" : "t.h5", 0, bytes.ConsumeIntegralInRange(1, 200));
  if (kind == 5 && !extents.empty()) {
    Extents start(extents.size(), 0), count(extents.size());
    for (std::size_t k = 0; k < extents.size(); ++k) count[k] = std::max<hsize_t>(1, extents[k] / 2);
    const Handle all(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
    if (bytes.ConsumeBool()) H5Sselect_hyperslab(all, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    H5Pset_virtual(properties, all, bytes.ConsumeBool() ? "." : "%b.h5", name_from(bytes).c_str(), all);
  }
  return properties;
}

void add_attribute(hid_t file, FuzzedDataProvider& bytes) {
  const std::string object = bytes.ConsumeBool() ? name_from(bytes) : "/";
  const char* const name = bytes.PickValueInArray(attributes);
  if (H5Lexists(file, object.c_str(), H5P_DEFAULT) <= 0 && object != "/") return;
  Extents extents;
  const int kind = bytes.ConsumeIntegralInRange(0, 3);
  const Handle space = kind == 0 ? Handle(H5Screate(H5S_SCALAR), H5Sclose) : space_from(bytes, extents);
  if (bytes.ConsumeBool()) {
    const Handle type = type_from(bytes), there(H5Acreate_by_name(file, object.c_str(), name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    std::vector<double> values(256);
    for (double& value : values) value = number_from(bytes);
    if (there.valid() && H5Tget_class(type) == H5T_FLOAT) H5Awrite(there, H5T_NATIVE_DOUBLE, values.data());
    return;
  }
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  const Handle there(H5Acreate_by_name(file, object.c_str(), name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const std::string text = bytes.ConsumeRandomLengthString(20);
  const std::vector<const char*> values(256, text.c_str());
  if (there.valid() && bytes.ConsumeBool()) H5Awrite(there, type, static_cast<const void*>(values.data()));
}

void add_object(hid_t file, FuzzedDataProvider& bytes) {
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  const std::string name = name_from(bytes);
  switch (bytes.ConsumeIntegralInRange(0, 9)) {
    case 0:
      Handle(H5Gcreate2(file, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
      return;
    case 1:
      H5Lcreate_soft(name_from(bytes).c_str(), file, name.c_str(), links, H5P_DEFAULT);
      return;
    case 2:
      H5Lcreate_external(bytes.ConsumeBool() ? "t.h5" : "absent.h5", name_from(bytes).c_str(), file, name.c_str(), links, H5P_DEFAULT);
      return;
    case 3:
      H5Lcreate_hard(file, name_from(bytes).c_str(), file, name.c_str(), links, H5P_DEFAULT);
      return;
    default:
      break;
  }
  Extents extents;
  const Handle type = type_from(bytes), space = space_from(bytes, extents), properties = layout_from(bytes, extents);
  const Handle set(H5Dcreate2(file, name.c_str(), type, space, links, properties, H5P_DEFAULT), H5Dclose);
  if (!set.valid() || bytes.ConsumeIntegralInRange(0, 7) == 0 || H5Tget_class(type) > H5T_FLOAT) return;
  std::vector<double> values(std::max<std::size_t>(1, static_cast<std::size_t>(H5Sget_simple_extent_npoints(space))));
  for (double& value : values) value = number_from(bytes);
  if (H5Pget_layout(properties) != H5D_VIRTUAL && H5Pget_external_count(properties) == 0)
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start();
  static const std::string path = fuzz::folder() + "/t.h5";
  std::filesystem::current_path(fuzz::folder());
  FuzzedDataProvider bytes(data, size);
  const bool in_time = bytes.ConsumeBool();
  const Index stride = bytes.ConsumeIntegralInRange(1, 3);
  const std::string dataset = bytes.ConsumeIntegralInRange(0, 3) == 0 ? name_from(bytes) : "",
                    weights = bytes.ConsumeIntegralInRange(0, 3) == 0 ? name_from(bytes) : "";
  {
    const io::hdf5::Quiet quiet;
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    fuzz::expect(file.valid(), "no file");
    for (int objects = 0; objects < 40 && bytes.remaining_bytes() > 0; ++objects)
      bytes.ConsumeIntegralInRange(0, 3) == 0 ? add_attribute(file, bytes) : add_object(file, bytes);
  }
  io::Table table;
  if (fuzz::accepted(path, [&] { table = io::read_points(path, {.dataset = dataset, .weights = weights, .stride = stride, .as_trajectory = in_time}); })) {
    const auto n = static_cast<Index>(table.points.extent(0));
    fuzz::expect(n > 0 && table.points.extent(1) > 0 && table.rows() == n, "an accepted table without points");
    for (std::size_t k = 0; k < table.points.extent(1); ++k)
      for (Index i = 0; i < n; ++i) fuzz::expect(std::isfinite(table.points(i, k)), "an accepted number that is not finite");
    fuzz::expect(table.columns.empty() || table.columns.size() == table.points.extent(1), "names of other columns");
    fuzz::expect(!table.is_weighted || static_cast<Index>(table.weights.size()) == n, "weights of other rows");
    Index frames = 0;
    for (const Index length : table.lengths) frames += length;
    fuzz::expect(table.lengths.empty() || frames == n, "lengths that do not add up");
    for (Index part = 0, row = 0; part < 2; ++part) {
      const auto own = io::read_points(path, {.dataset = dataset, .weights = weights, .stride = stride, .as_trajectory = in_time, .part = part, .parts = 2});
      for (std::size_t i = 0; i < own.points.extent(0); ++i, ++row)
        fuzz::expect(own.points(i, 0) == table.points(row, 0), "a part that is not that of the whole");
      fuzz::expect(part == 0 || row == n, "parts that are not all");
    }
  }
  fuzz::accepted(path, [&] { io::read_checkpoint(path); });
  fuzz::accepted(path, [&] { io::read_perceptron(path); });
  fuzz::accepted(path, [&] { io::describe(path); });
  fuzz::accepted(path, [&] { io::is_model(path); });
  return 0;
}

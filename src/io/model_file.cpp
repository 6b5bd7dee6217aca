// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/support/check.hpp>

#include "dictionary_file.hpp"
#include "model_check.hpp"
#include "state_file.hpp"
#include "stamp.hpp"

#include <cinttypes>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace kswgd::io {
namespace {

constexpr std::size_t block_size = 512;
constexpr char first_line[] = "kswgd model";

/// FNV-1a over 64-bit words (a multiplication a word), the tail byte by byte.
class Hash {
 public:
  explicit Hash(int format) { mix(static_cast<std::uint64_t>(format)); }
  void add(const char* bytes, std::size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes, 8);
      mix(word);
    }
    for (; count > 0; ++bytes, --count) mix(static_cast<unsigned char>(*bytes));
  }
  std::uint64_t value() const { return m_value; }

 private:
  void mix(std::uint64_t word) {
    m_value = (m_value ^ word) * 0x100000001b3U;
    m_value ^= m_value >> 29;
  }
  std::uint64_t m_value = 0xcbf29ce484222325U;
};

/// Hash of the format's version and of what follows the block, and the length of that. A single byte that is changed changes
/// the hash for certain: each step of it is a bijection of its state.
std::pair<std::uint64_t, std::uint64_t> digest(const std::string& path, int format) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(block_size);
  Hash hash(format);
  std::uint64_t length = 0;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add(buffer.data(), static_cast<std::size_t>(file.gcount()));
    length += static_cast<std::uint64_t>(file.gcount());
  }
  return {hash.value(), length};
}

std::string block_text(std::pair<std::uint64_t, std::uint64_t> content, int format) {
  char text[block_size] = {};
  std::snprintf(text, sizeof text, "%s\nformat %d\nlength %" PRIu64 "\nhash %016" PRIx64 "\n", first_line, format, content.second, content.first);
  return std::string(text, block_size);
}

std::string read_block(const std::string& path) {
  std::error_code error;
  require(std::filesystem::exists(path, error), "io", [&] { return "there is no file '" + path + "'"; });
  require(std::filesystem::is_regular_file(path, error), "io", [&] { return "'" + path + "' is a folder, device or pipe, where a model is wanted"; });
  std::ifstream file(path, std::ios::binary);
  require(static_cast<bool>(file), "io", [&] { return "'" + path + "' cannot be opened for reading: check its permissions"; });
  std::string block(block_size, '\0');
  file.read(block.data(), block_size);
  block.resize(static_cast<std::size_t>(file.gcount()));
  return block;
}

void check_content(const std::string& path) {
  const std::string block = read_block(path);
  const auto refuse = [&](const std::string& why) -> void { throw InvalidInput("kswgd::io: '" + path + "' " + why); };
  if (block.compare(0, std::strlen(first_line), first_line) != 0) {
    if (block.size() == block_size && block.compare(std::strlen(first_line), 8, "\nformat ") == 0) refuse("is damaged: its first bytes have changed");
    refuse("is not a model written by kswgd (a data file? make a model of it with: kswgd fit)");
  }
  if (block.size() < block_size) refuse("is truncated: it ends within its first 512 bytes");
  int format = 0;
  std::uint64_t length = 0, hash = 0;
  if (std::sscanf(block.c_str() + std::strlen(first_line), "\nformat %d\nlength %" SCNu64 "\nhash %" SCNx64, &format, &length, &hash) != 3)
    refuse("is damaged: its first 512 bytes are not whole");
  const auto content = digest(path, format);
  const bool whole = content == std::pair(hash, length);
  if (whole && format < oldest_model_format)
    refuse("has model format " + std::to_string(format) + ", which only older versions of kswgd read: fit the model again");
  if (format > model_format)
    refuse("has model format " + std::to_string(format) + ", this version of kswgd reads up to " + std::to_string(model_format) +
           ": it comes from a newer one" + (whole ? "" : ", or is damaged"));
  if (content.second < length) refuse("is truncated: " + std::to_string(content.second) + " of " + std::to_string(length) + " bytes are there");
  if (!whole || block != block_text(content, format))
    refuse("is damaged, or was changed after it was written: its content does not have the hash that it was written with (format version " +
           std::to_string(format) + ")");
}

/// Numbers in the upper triangle of a symmetric matrix.
Index packed_size(const HostMatrix& a) { return columns(a) * (columns(a) + 1) / 2; }

/// Writes the upper triangle, column by column, in pieces from this byte of the file on.
void put_packed(AtomicFile& out, Index place, const HostMatrix& a) {
  constexpr std::size_t most = std::size_t{1} << 17;
  auto offset = static_cast<std::size_t>(place);
  std::vector<double> piece;
  for (std::size_t j = 0; j < a.extent(1); ++j) {
    for (std::size_t i = 0; i <= j; ++i) piece.push_back(a(i, j));
    if (piece.size() < most && j + 1 < a.extent(1)) continue;
    out.overwrite(offset, piece.data(), piece.size() * sizeof(double));
    offset += piece.size() * sizeof(double);
    piece.clear();
  }
}

HostMatrix unpacked(const std::vector<double>& values, Index features, const std::string& path) {
  require(features >= 0 && features < (Index{1} << 31) && static_cast<Index>(values.size()) == features * (features + 1) / 2, "io",
          [&] { return "'" + path + "' contradicts itself: a matrix has the wrong size"; });
  const auto p = static_cast<std::size_t>(features);
  const HostMatrix a("kswgd::io::matrix", p, p);
  std::size_t at = 0;
  for (std::size_t j = 0; j < p; ++j)
    for (std::size_t i = 0; i <= j; ++i) a(i, j) = a(j, i) = values[at++];
  return a;
}

void write_rows(hdf5::File& file, const Provenance& made) {
  file.write_vector("/rows/weights", made.rows.weights);
  file.write_integer("/rows", "size", made.rows.size);
  file.write_text("/rows", "fingerprint", std::to_string(made.rows.fingerprint));
  file.write_integer("/rows", "ordered", made.rows.ordered ? 1 : 0);
  file.write_integer("/rows", "stride", made.rows.stride);
  file.write_number("/rows", "dt", made.rows.dt);
  file.write_integer("/rows", "notes", static_cast<Index>(made.notes.size()));
  for (std::size_t i = 0; i < made.notes.size(); ++i) file.write_text("/rows", "note " + std::to_string(i), made.notes[i]);
}

/// Files of format 2 say nothing of the rows.
void read_rows(const hdf5::File& file, Provenance& made) {
  if (!file.has("/rows")) return;
  made.rows.weights = file.read_vector("/rows/weights");
  made.rows.size = file.read_integer("/rows", "size", 0);
  made.rows.fingerprint = static_cast<std::uint64_t>(std::strtoull(file.read_text("/rows", "fingerprint", "0").c_str(), nullptr, 10));
  made.rows.ordered = file.read_integer("/rows", "ordered", 0) != 0;
  made.rows.stride = file.read_integer("/rows", "stride", 1);
  made.rows.dt = file.read_number("/rows", "dt", -1);
  constexpr Index most_notes = 1000;
  const Index notes = std::min(file.read_integer("/rows", "notes", 0), most_notes);
  for (Index i = 0; i < notes; ++i) made.notes.push_back(file.read_text("/rows", "note " + std::to_string(i), ""));
}

/// Maps of columns, with their knots one after the other, and what is known of each column's law.
void write_columns(hdf5::File& file, const ModelData& model) {
  std::vector<double> factor, x, z, slope;
  std::vector<Index> knots, scores;
  for (const CoordinateMap& map : model.frame.maps) {
    factor.push_back(map.factor);
    scores.push_back(map.is_score ? 1 : 0);
    knots.push_back(static_cast<Index>(map.x.size()));
    x.insert(x.end(), map.x.begin(), map.x.end());
    z.insert(z.end(), map.z.begin(), map.z.end());
    slope.insert(slope.end(), map.slope.begin(), map.slope.end());
  }
  file.write_vector("/coordinates/factor", factor);
  file.write_integers("/coordinates/knots", knots);
  file.write_integers("/coordinates/scores", scores);
  file.write_vector("/coordinates/x", x);
  file.write_vector("/coordinates/z", z);
  file.write_vector("/coordinates/slope", slope);
  file.write_number("/coordinates", "length", model.frame.length);
  file.write_vector("/marginals/levels", model.marginals.levels);
  file.write_matrix("/marginals/quantiles", model.marginals.quantiles);
  file.write_integers("/marginals/decimals", {model.marginals.decimals.begin(), model.marginals.decimals.end()});
  if (!model.columns.empty()) file.write_texts("/marginals", "columns", model.columns);
}

/// Files of formats 2 and 3 have none.
void read_columns(const hdf5::File& file, const std::string& path, ModelData& model) {
  if (!file.has("/coordinates")) return;
  const auto factor = file.read_vector("/coordinates/factor"), x = file.read_vector("/coordinates/x"), z = file.read_vector("/coordinates/z"),
             slope = file.read_vector("/coordinates/slope");
  const auto knots = file.read_integers("/coordinates/knots"), scores = file.read_integers("/coordinates/scores");
  const auto agree = [&](bool good) { require(good, "io", [&] { return "'" + path + "' contradicts itself: the maps of the columns"; }); };
  agree(knots.size() == factor.size() && scores.size() == factor.size() && z.size() == x.size() && slope.size() == x.size());
  std::size_t first = 0;
  for (std::size_t k = 0; k < factor.size(); ++k) {
    agree(knots[k] == 0 || knots[k] >= 2);
    const auto end = first + static_cast<std::size_t>(knots[k]);
    agree(end <= x.size());
    const auto part = [&](const std::vector<double>& all) {
      return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    model.frame.maps.push_back({factor[k], part(x), part(z), part(slope), scores[k] != 0});
    first = end;
  }
  model.frame.length = file.read_number("/coordinates", "length", 0);
  model.marginals.levels = file.read_vector("/marginals/levels");
  model.marginals.quantiles = file.read_matrix("/marginals/quantiles");
  for (const Index places : file.read_integers("/marginals/decimals")) {
    require(places >= -1 && places <= 18, "io",
            [&] { return "'" + path + "' contradicts itself: a column has " + std::to_string(places) + " decimal places"; });
    model.marginals.decimals.push_back(static_cast<int>(places));
  }
  model.columns = file.read_texts("/marginals", "columns");
}

void write_log_density(hdf5::File& file, const LogDensity& learned) {
  file.write_vector("/log_density/coefficients", learned.coefficients);
  if (!learned.is_known()) return;
  file.write_matrix("/log_density/without_fold", learned.without_fold);
  file.write_integer("/log_density", "level", learned.level);
  file.write_number("/log_density", "regularisation", learned.regularisation);
  file.write_number("/log_density", "held_out", learned.held_out);
  file.write_number("/log_density", "in_sample", learned.in_sample);
}

/// Files before format 4 hold none.
LogDensity read_log_density(const hdf5::File& file) {
  LogDensity learned;
  if (!file.has("/log_density")) return learned;
  learned.coefficients = file.read_vector("/log_density/coefficients");
  if (!learned.is_known()) return learned;
  learned.without_fold = file.read_matrix("/log_density/without_fold");
  learned.level = file.read_integer("/log_density", "level", -1);
  learned.regularisation = file.read_number("/log_density", "regularisation", 0);
  learned.held_out = file.read_number("/log_density", "held_out", 0);
  learned.in_sample = file.read_number("/log_density", "in_sample", 0);
  return learned;
}

void write_read_out(hdf5::File& file, const ReadOut& read_out) {
  file.write_vector("/read_out/values", read_out.values);
  file.write_vector("/read_out/in_sample", read_out.in_sample);
  file.write_vector("/read_out/cross_fitted", read_out.cross_fitted);
  file.write_vector("/read_out/spread", read_out.spread);
  file.write_integer("/read_out", "level", read_out.level);
}

void write_eigenpairs(hdf5::File& file, const ModelData& model) {
  const SolverReport& report = model.spectrum.pairs.report;
  file.write_vector("/eigenpairs/values", as_vector(model.spectrum.pairs.values));
  file.write_matrix("/eigenpairs/vectors", model.spectrum.pairs.vectors);
  file.write_vector("/eigenpairs/residuals", as_vector(model.spectrum.pairs.residuals));
  file.write_number("/eigenpairs", "unit", model.spectrum.unit);
  file.write_vector("/eigenpairs/diffusion", model.spectrum.diffusion);
  file.write_text("/eigenpairs", "solver", report.solver);
  file.write_integer("/eigenpairs", "wanted", report.wanted);
  file.write_integer("/eigenpairs", "converged", report.converged);
  file.write_integer("/eigenpairs", "iterations", report.iterations);
  file.write_number("/eigenpairs", "worst_residual", report.worst_residual);
}

Eigenpairs read_eigenpairs(const hdf5::File& file) {
  Eigenpairs pairs{
      as_view(file.read_vector("/eigenpairs/values")), file.read_matrix("/eigenpairs/vectors"), as_view(file.read_vector("/eigenpairs/residuals")), {}};
  pairs.report.solver = file.read_text("/eigenpairs", "solver", "");
  pairs.report.wanted = file.read_integer("/eigenpairs", "wanted", 0);
  pairs.report.converged = file.read_integer("/eigenpairs", "converged", 0);
  pairs.report.iterations = file.read_integer("/eigenpairs", "iterations", 0);
  pairs.report.worst_residual = file.read_number("/eigenpairs", "worst_residual", 0);
  return pairs;
}

}  // namespace

bool is_model(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // a pipe would be read in vain
  std::ifstream file(path, std::ios::binary);
  char text[sizeof first_line] = {};
  file.read(text, sizeof first_line - 1);
  return std::strcmp(text, first_line) == 0;
}

void write_model(const std::string& path, const ModelData& model, const OnlineState* state) {
  AtomicFile out(path);
  const Moments& moments = model.density.moments;
  Index gram = 0, dirichlet = 0;
  {
    hdf5::File file = hdf5::File::create_for_parts(out, packed_size(moments.gram) + packed_size(moments.dirichlet), block_size);
    const Provenance& made = model.provenance;
    write_stamp(file, {made.seed, made.version, made.git, made.backend, made.command});
    file.write_text("/", "estimator", name_of(model.spectrum.kind));
    file.write_text("/", "data", made.data);
    file.write_number("/", "lag_time", model.spectrum.lag_time);
    file.write_number("/", "seconds", made.seconds);
    file.write_integer("/", "samples", made.samples);
    file.write_number("/", "effective_samples", made.effective_samples);
    write_rows(file, made);

    const Normalisation& unit = model.frame.normalisation;
    file.write_vector("/normalisation/mean", unit.mean);
    file.write_vector("/normalisation/covariance", unit.covariance);
    file.write_integers("/normalisation/constant", {unit.constant.begin(), unit.constant.end()});
    file.write_number("/normalisation", "scale", unit.scale);

    write_columns(file, model);
    write_geometry(file, model.frame.geometry);
    write_dictionary(file, model.dictionary);

    std::vector<Index> first, last, features;
    std::vector<double> widths, guards;
    for (const LevelData& level : model.density.levels) {
      first.push_back(level.first_landmark);
      last.push_back(level.last_landmark);
      features.push_back(level.features);
      widths.push_back(level.width);
      guards.push_back(level.guard);
    }
    file.write_matrix("/levels/landmarks", model.density.landmarks);
    file.write_integers("/levels/first_landmark", first);
    file.write_integers("/levels/last_landmark", last);
    file.write_integers("/levels/features", features);
    file.write_vector("/levels/width", widths);
    file.write_vector("/levels/guard", guards);

    gram = file.make_room("/moments/gram", {static_cast<hsize_t>(packed_size(moments.gram))});
    dirichlet = file.make_room("/moments/dirichlet", {static_cast<hsize_t>(packed_size(moments.dirichlet))});
    file.write_number("/moments", "weight", moments.weight);
    file.write_integer("/moments", "features", moments.size());

    write_log_density(file, model.log_density);
    write_eigenpairs(file, model);
    write_read_out(file, model.spectrum.read_out);
    file.write_matrix("/points/training_subset", model.training_subset);
    file.write_matrix("/points/held_out", model.held_out);
    file.write_vector("/points/held_out_weights", model.held_out_weights);
    if (state) write_state(file, *state);
    file.close();
  }
  put_packed(out, gram, moments.gram);
  put_packed(out, dirichlet, moments.dirichlet);
  const std::string block = block_text(digest(out.temporary(), model_format), model_format);
  out.overwrite(0, block.data(), block.size());
  out.commit();
}

ModelData read_model(const std::string& path) {
  check_content(path);
  const hdf5::File file = hdf5::File::open(path);
  ModelData model;
  Provenance& made = model.provenance;
  try {
    model.spectrum.kind = spectrum_kind(file.read_text("/", "estimator", "generator"));
  } catch (const InvalidInput& error) {
    throw InvalidInput("kswgd::io: '" + path + "' cannot be used: " + error.what());
  }
  made.data = file.read_text("/", "data", "");
  model.spectrum.lag_time = file.read_number("/", "lag_time", 0);
  made.seconds = file.read_number("/", "seconds", 0);
  made.samples = file.read_integer("/", "samples", 0);
  made.effective_samples = file.read_number("/", "effective_samples", static_cast<double>(made.samples));
  read_rows(file, made);
  made.seed = static_cast<std::uint64_t>(std::strtoull(file.read_text("/", "seed", "0").c_str(), nullptr, 10));
  made.version = file.read_text("/", "version", "");
  made.git = file.read_text("/", "git", "");
  made.backend = file.read_text("/", "backend", "");
  made.command = file.read_text("/", "command", "");

  model.frame.normalisation.mean = file.read_vector("/normalisation/mean");
  model.frame.normalisation.covariance = file.read_vector("/normalisation/covariance");
  for (const Index flag : file.read_integers("/normalisation/constant")) model.frame.normalisation.constant.push_back(flag != 0);
  model.frame.normalisation.scale = file.read_number("/normalisation", "scale", 1);

  read_columns(file, path, model);
  model.frame.geometry = read_geometry(file, path, model.frame.normalisation.dimension());
  model.density.landmarks = file.read_matrix("/levels/landmarks");
  model.dictionary = read_dictionary(file, path, model);

  const auto first = file.read_integers("/levels/first_landmark"), last = file.read_integers("/levels/last_landmark"),
             features = file.read_integers("/levels/features");
  const auto widths = file.read_vector("/levels/width"), guards = file.read_vector("/levels/guard");
  for (const std::size_t count : {first.size(), features.size(), widths.size(), guards.size()})
    require(count == last.size(), "io", [&] { return "'" + path + "' contradicts itself: the levels differ in number"; });
  for (std::size_t l = 0; l < last.size(); ++l) model.density.levels.push_back({first[l], last[l], widths[l], guards[l], features[l]});

  const Index p = file.read_integer("/moments", "features", 0);
  model.density.moments = {unpacked(file.read_vector("/moments/gram"), p, path), unpacked(file.read_vector("/moments/dirichlet"), p, path),
                           file.read_number("/moments", "weight", 0)};
  model.log_density = read_log_density(file);
  model.spectrum.pairs = read_eigenpairs(file);
  model.spectrum.unit = file.read_number("/eigenpairs", "unit", 1);
  if (file.has("/eigenpairs/diffusion")) model.spectrum.diffusion = file.read_vector("/eigenpairs/diffusion");
  model.spectrum.read_out = {file.read_vector("/read_out/values"), file.read_vector("/read_out/in_sample"), file.read_vector("/read_out/cross_fitted"),
                             file.read_vector("/read_out/spread"), file.read_integer("/read_out", "level", -1)};
  model.training_subset = file.read_matrix("/points/training_subset");
  model.held_out = file.read_matrix("/points/held_out");
  if (file.has("/points/held_out_weights")) model.held_out_weights = file.read_vector("/points/held_out_weights");
  check_model(model, path);
  return model;
}

bool has_state(const std::string& path) {
  check_content(path);
  return hdf5::File::open(path).has("/sums");
}

OnlineState read_state(const std::string& path) {
  ModelData layout = read_model(path);
  return read_state(hdf5::File::open(path), path, std::move(layout));
}

}  // namespace kswgd::io

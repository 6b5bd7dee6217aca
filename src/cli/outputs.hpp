// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/io/atomic_file.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The files of a command: which it reads and which it writes, checked before the work; its outputs, which appear when it has ended well.
namespace kswgd::cli {

/// What an output may be.
enum class OutputKind {
  points,   ///< .h5, .npy or .csv
  hdf5,     ///< .h5 alone
  model,    ///< HDF5 under any name that says nothing else
  picture,  ///< .png, .pdf, .svg, or a name without an extension (PNG)
  json,     ///< any name; a device or a pipe as well, or "-" for stdout
  results,  ///< one of the files that an experiment leaves in a folder, which may not exist yet
};

/// Each option of a command that names files, with what it names once the command line is read.
class Files {
 public:
  using Names = std::function<std::vector<std::string>()>;

  /// `names` gives texts that name files in any of the program's forms: FILE, FILE:DATASET, several separated by commas, NAME:FILE, or
  /// words that are no files (a dataset, "data").
  void add_input(std::string option, Names names);
  void add_output(std::string option, OutputKind kind, Names names);
  /// This output may replace this input: it is written whole, after the input was read.
  void allow(const std::string& output, const std::string& input) { m_allowed.emplace_back(output, input); }

  /// Throws InvalidInput unless each output is a file of its own (no input, no other output, under whatever name), has the extension of
  /// its kind and can be written.
  void check() const;
  /// Whether anything goes into a file (or a device).
  bool has_output() const;

  struct Option {
    std::string name;
    Names names;
    OutputKind kind = OutputKind::points;
  };
  const std::vector<Option>& inputs() const { return m_inputs; }
  const std::vector<Option>& outputs() const { return m_outputs; }

 private:
  std::vector<Option> m_inputs, m_outputs;
  std::vector<std::pair<std::string, std::string>> m_allowed;
};

/// Throws InvalidInput unless the extension is that of HDF5.
void require_hdf5(const std::string& path);

/// What a command has written, under names beside their places until all of it is whole.
class Outputs {
 public:
  Outputs() = default;
  ~Outputs();
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  /// Makes a folder for outputs where there is none. It goes again with them, should nothing come of the work.
  void make_folder(const std::string& path);
  /// Calls write(name) with a name for the unfinished file, which has the extension of the path.
  void write(const std::string& path, const std::function<void(const std::string&)>& write);
  /// The same for a text; straight into a device or a pipe.
  void write_text(const std::string& path, const std::string& text);
  /// A file of an earlier run that must not stand beside new ones: removed before the first of them takes its place.
  void replace(std::string path) { m_stale.push_back(std::move(path)); }
  /// Puts all files in their places, in the order in which they were written.
  void commit();

 private:
  std::vector<std::unique_ptr<io::AtomicFile>> m_files;
  std::vector<std::string> m_stale, m_folders;
};

}  // namespace kswgd::cli

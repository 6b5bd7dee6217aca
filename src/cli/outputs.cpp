// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "outputs.hpp"

#include <fmt/core.h>
#include <kswgd/io/deferred_commits.hpp>
#include <kswgd/io/file_names.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/check.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace kswgd::cli {
namespace {

namespace fs = std::filesystem;

/// Where a file stands or will stand: symbolic links are followed, that of the file itself even where it leads nowhere yet.
fs::path place_of(const std::string& path) {
  std::error_code error;
  fs::path target = path;
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(target, error)); ++links) {
    const fs::path next = fs::read_symlink(target, error);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  const fs::path folder = fs::weakly_canonical(target.has_parent_path() ? target.parent_path() : fs::path("."), error);
  return folder / target.filename();
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  if (::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0) return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  return place_of(a) == place_of(b);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// Whether a name stands for an open descriptor (/dev/stdout, /dev/fd/3).
bool is_descriptor(const std::string& path) {
  std::error_code error;
  fs::path name = path;
  for (int links = 0; links < 40; ++links) {
    if (name.parent_path() == "/dev/fd" || name.parent_path() == "/proc/self/fd") return true;
    if (!fs::is_symlink(fs::symlink_status(name, error))) return false;
    const fs::path next = fs::read_symlink(name, error);
    name = next.is_absolute() ? next : (name.parent_path() / next).lexically_normal();
  }
  return false;
}

bool is_device(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return path == "-" || fs::is_character_file(status) || fs::is_fifo(status) || fs::is_socket(status) || is_descriptor(path);
}

/// Every file that a text can name, whatever it means: itself, its parts between commas, what these match as patterns, and of each what stands before or after
/// a colon.
std::vector<std::string> files_in(const std::string& text) {
  if (is_file(text)) return {text};
  std::vector<std::string> parts{text}, found{text};
  for (std::size_t start = 0, comma = 0; comma != std::string::npos; start = comma + 1) {
    comma = text.find(',', start);
    parts.push_back(text.substr(start, comma == std::string::npos ? comma : comma - start));
  }
  try {
    for (const std::string& name : io::files_named(text)) parts.push_back(name);
  } catch (const InvalidInput&) {  // a pattern of nothing names no file
  }
  const auto add = [&](const std::string& name) {
    if (is_file(name)) found.push_back(name);
  };
  for (const std::string& part : parts) {
    add(part);
    for (std::size_t colon = part.find(':'); colon != std::string::npos; colon = part.find(':', colon + 1)) {
      add(part.substr(0, colon));
      add(part.substr(colon + 1));
    }
  }
  return found;
}

void require_format(const std::string& path, OutputKind kind) {
  const std::string extension = fs::path(path).extension();
  switch (kind) {
    case OutputKind::points:
      io::format_of(path);
      return;
    case OutputKind::hdf5:
      require_hdf5(path);
      return;
    case OutputKind::model:
      require(extension != ".npy" && extension != ".csv" && extension != ".txt", "cli",
              [&] { return fmt::format("'{}': a model is written as HDF5: name the file .h5", path); });
      return;
    case OutputKind::picture:
      require(extension.empty() || extension == ".png" || extension == ".pdf" || extension == ".svg", "cli",
              [&] { return fmt::format("'{}': pictures are PNG, PDF or SVG: name the file .png, .pdf or .svg", path); });
      return;
    case OutputKind::json:
    case OutputKind::results:
      return;
  }
}

}  // namespace

void Files::add_input(std::string option, Names names) { m_inputs.push_back({std::move(option), std::move(names)}); }

void Files::add_output(std::string option, OutputKind kind, Names names) { m_outputs.push_back({std::move(option), std::move(names), kind}); }

void Files::check() const {
  struct Named {
    std::string option, path;
  };
  std::vector<Named> inputs, outputs;
  for (const Option& input : m_inputs)
    for (const std::string& text : input.names())
      for (const std::string& path : files_in(text))
        if (!path.empty()) inputs.push_back({input.name, path});
  for (const Option& output : m_outputs)
    for (const std::string& path : output.names()) {
      if (path.empty() || path == "-") continue;
      for (const Named& input : inputs) {
        const bool allowed = std::find(m_allowed.begin(), m_allowed.end(), std::pair(output.name, input.option)) != m_allowed.end();
        require(allowed || !is_same_file(path, input.path), "cli", [&] {
          return fmt::format("'{}' is both input and output: {} reads it and {} would write over it; name another file", path, input.option, output.name);
        });
      }
      for (const Named& other : outputs)
        require(is_device(path) || !is_same_file(path, other.path), "cli",
                [&] { return fmt::format("'{}' is named for two outputs, {} and {}: name another file", path, other.option, output.name); });
      outputs.push_back({output.name, path});
    }
  for (const Option& output : m_outputs)
    for (const std::string& path : output.names()) {
      if (path.empty() || path == "-" || output.kind == OutputKind::results) continue;
      if (output.kind == OutputKind::json) {
        io::require_writable_text(path);
      } else {
        require_format(path, output.kind);
        io::require_writable(path);
      }
    }
}

bool Files::has_output() const {
  for (const Option& output : m_outputs)
    for (const std::string& path : output.names())
      if (!path.empty() && path != "-") return true;
  return false;
}

void require_hdf5(const std::string& path) {
  require(io::format_of(path) == "h5", "cli", [&] { return fmt::format("'{}': these results are written as HDF5: name the file .h5", path); });
}

Outputs::~Outputs() {
  m_files.clear();
  std::error_code error;
  for (const std::string& folder : m_folders) fs::remove(folder, error);  // an empty one alone
}

void Outputs::make_folder(const std::string& path) {
  std::error_code error;
  if (fs::create_directories(path, error)) m_folders.push_back(path);
  require(fs::is_directory(path, error), "cli", [&] { return fmt::format("the folder '{}' cannot be made", path); });
}

void Outputs::write(const std::string& path, const std::function<void(const std::string&)>& write) {
  for (auto& file : io::defer_commits([&] { write(path); })) m_files.push_back(std::move(file));
}

void Outputs::write_text(const std::string& path, const std::string& text) {
  if (is_device(path)) return io::write_text(path, text);
  write(path, [&](const std::string& name) { io::write_text(name, text); });
}

void Outputs::commit() {
  const io::HeldSignals all_or_none;
  std::error_code error;
  for (const std::string& path : m_stale) {
    // Those that are written anew are replaced, but the one that comes last: it says that the others are there.
    const auto same = [&](const auto& file) { return file->path() == path; };
    if (std::none_of(m_files.begin(), m_files.end(), same) || same(m_files.back())) fs::remove(path, error);
  }
  for (const auto& file : m_files) file->commit();
  m_files.clear();
  m_stale.clear();
}

}  // namespace kswgd::cli

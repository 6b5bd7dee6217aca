// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <hdf5.h>
#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

// HDF5 with handles that close themselves and return codes that are read. Seen in src/io alone.
namespace kswgd::io::hdf5 {

/// A handle and the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
  Handle(Handle&& other) noexcept : m_id(other.m_id), m_close(other.m_close) { other.m_id = -1; }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (m_id >= 0) m_close(m_id);
  }
  operator hid_t() const { return m_id; }
  bool valid() const { return m_id >= 0; }

 private:
  hid_t m_id;
  herr_t (*m_close)(hid_t);
};

/// An open file. Messages name the file and the object.
class File {
 public:
  static File open(const std::string& path);
  /// Overwrites; user_block bytes at the file's start are left to the caller.
  static File create(const std::string& path, unsigned user_block = 0);

  bool has(const std::string& object) const;
  bool is_group(const std::string& object) const;
  std::vector<std::string> children(const std::string& group) const;
  /// Extents of a dataset.
  std::vector<Index> shape(const std::string& dataset) const;

  /// A 2-D dataset (1-D: one column) of any real type.
  HostPoints read_matrix(const std::string& dataset) const;
  std::vector<double> read_vector(const std::string& dataset) const;
  std::vector<Index> read_integers(const std::string& dataset) const;
  double read_number(const std::string& object, const std::string& attribute, double otherwise) const;
  std::string read_text(const std::string& object, const std::string& attribute, const std::string& otherwise) const;
  /// All attributes of an object, as text.
  std::vector<std::pair<std::string, std::string>> attributes(const std::string& object) const;

  void write_matrix(const std::string& dataset, const HostPoints& values);
  void write_array(const std::string& dataset, const double* values, const std::vector<hsize_t>& shape);
  void write_vector(const std::string& dataset, const std::vector<double>& values);
  void write_integers(const std::string& dataset, const std::vector<Index>& values);
  void write_number(const std::string& object, const std::string& attribute, double value);
  void write_integer(const std::string& object, const std::string& attribute, Index value);
  void write_text(const std::string& object, const std::string& attribute, const std::string& value);
  /// Flushes and reports what a destructor could not.
  void close();

 private:
  File(std::string path, Handle file) : m_path(std::move(path)), m_file(std::move(file)) {}
  [[noreturn]] void unusable(const std::string& object, const std::string& what) const;
  void write(const std::string& dataset, hid_t memory_type, hid_t file_type, const void* values, const std::vector<hsize_t>& shape);
  Handle open_attribute(const std::string& object, const std::string& attribute) const;
  void write_attribute(const std::string& object, const std::string& attribute, hid_t type, const void* value);
  void checked(herr_t status, const std::string& object, const char* what) const;

  std::string m_path;
  Handle m_file;
};

}  // namespace kswgd::io::hdf5

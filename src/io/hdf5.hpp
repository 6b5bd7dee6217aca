// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <hdf5.h>
#include <functional>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/support/execution.hpp>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crash_sentence.hpp"
#include "numbers_file.hpp"

// HDF5 with handles that close themselves and return codes that are read. Seen in src/io alone.
namespace kswgd::io::hdf5 {

/// HDF5 keeps a state of its own, which it does not guard (as most builds of it are): held while it is called, because a second thread may read ahead.
inline std::recursive_mutex& library() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// Numbers that are read at once.
inline constexpr Index most_at_once = Index{1} << 20;

/// A handle and the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
  Handle(Handle&& other) noexcept : m_id(other.m_id), m_close(other.m_close) { other.m_id = -1; }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (m_id < 0) return;
    const std::lock_guard lock(library());
    m_close(m_id);
  }
  operator hid_t() const { return m_id; }
  bool valid() const { return m_id >= 0; }

 private:
  hid_t m_id;
  herr_t (*m_close)(hid_t);
};

/// HDF5 prints a stack of its own for each error unless told not to; ours are sentences. Per call, no state. Holds the library.
class Quiet {
 public:
  Quiet() : m_lock(library()) {
    H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::lock_guard<std::recursive_mutex> m_lock;
  H5E_auto2_t m_function = nullptr;
  void* m_data = nullptr;
};

/// Whether numbers of a type, or its members, have a layout that HDF5 can turn into doubles: bits within their bytes, and no more of them than there are
/// numbers with. Version 1.10 writes beyond its memory otherwise. True of what holds no numbers.
bool is_sound(hid_t type);

/// Whether a type is of real numbers that can be read.
bool is_real(hid_t type);

/// What a type holds that is not real numbers: "text", "a compound of r, i (complex numbers?)".
std::string kind_of(hid_t type);

/// "3 x 2".
std::string text_of(const std::vector<Index>& shape);

/// What HDF5 says about the failure of its last call, in brackets; or nothing.
std::string last_error();

/// A member of records: a number, or `width` of them.
struct Field {
  std::string name;
  Index width = 1;
  std::string kind = {};  ///< "" for real numbers, else words: "text"
};

/// An open file. Messages name the file and the object. Only functions that are the same from HDF5 1.10 to 2.x are used.
///
/// A file that is written stays in memory until close(), but for numbers that go past HDF5: a disk that fills up under HDF5 brings the process down.
class File {
 public:
  static constexpr Index all_rows = std::numeric_limits<Index>::max();

  static File open(const std::string& path);
  /// user_block bytes at the file's start are left to the caller.
  static File create(AtomicFile& out, unsigned user_block = 0);
  /// A file with datasets, of that many numbers in all, which the caller writes past HDF5 (make_room), before or after close(). Throws Failure where there is
  /// no room for them. `sparse`: where the system has files of the memory alone; else the numbers take memory until close().
  static File create_for_parts(AtomicFile& out, Index numbers, unsigned user_block = 0, bool sparse = true);

  bool has(const std::string& object) const;
  bool is_group(const std::string& object) const;
  std::vector<std::string> children(const std::string& group) const;
  /// Extents of a dataset.
  std::vector<Index> shape(const std::string& dataset) const;

  /// Paths of the first datasets below the root, with their shapes: "/samples (10 x 2)", "..." where there are more than `most`.
  std::vector<std::string> list(std::size_t most) const;
  /// A line for each of the first objects below the root, with shapes and attributes. Ends: a group that was met before is named, not entered.
  std::vector<std::string> describe(std::size_t most) const;

  /// Throws InvalidInput where a dataset does not hold real numbers, has an impossible shape, or holds no data for all of it: it was never
  /// written, lies beyond the end of the file, or takes rows from files that are not there. HDF5 gives fill values for those.
  void require_data(const std::string& dataset) const { require_data(dataset, 0); }
  /// The same for a dataset of records.
  void require_records(const std::string& dataset) const { require_data(dataset, 0, false); }

  /// Rows and columns of a dataset of points: n x d, or n as n x 1.
  std::pair<Index, Index> table(const std::string& dataset) const;
  /// Every stride-th row of a dataset of points, of any real type, into the rows of target from first_row on; of these `kept` alone
  /// ([first, last), all where nothing is said). Where `finite`, numbers that are not finite are refused, naming row and column. Each chunk is unpacked once;
  /// beside the target memory for one chunk and 8 MiB.
  void read_rows(const std::string& dataset, Index stride, bool finite, const HostPoints& target, Index first_row, Span kept = {0, all_rows}) const;
  /// Frames first, first + stride, ... (count of them) of a dataset of any shape whose first dimension is time, one after the other, row by row.
  void read_frames(const std::string& dataset, Index first, Index count, Index stride, double* values) const;
  /// The members of a dataset of records, in order; none where it holds no records.
  std::vector<Field> fields(const std::string& dataset) const;
  /// Every stride-th record of a dataset ([first, last) of these), the members side by side, into the rows of target. Numbers that are not finite are refused.
  void read_fields(const std::string& dataset, const std::vector<Field>& fields, Index stride, Span kept, const HostPoints& target) const;
  /// A dataset of texts of fixed or variable length; empty where it holds something else.
  std::vector<std::string> read_strings(const std::string& dataset) const;
  /// Rows of a chunk; 1 where it is not chunked.
  Index chunk_rows(const std::string& dataset) const;
  /// A dataset of points as it is.
  HostPoints read_matrix(const std::string& dataset) const;
  std::vector<double> read_vector(const std::string& dataset) const;
  /// Refuses numbers that are not integers.
  std::vector<Index> read_integers(const std::string& dataset) const;
  /// Integers of 64 bits as they are, for keys: those from 2^63 on become negative.
  std::vector<Index> read_keys(const std::string& dataset) const;
  /// The relative rounding of a dataset's type: 2^-23 for single precision, 0 for integers.
  double rounding(const std::string& dataset) const;
  double read_number(const std::string& object, const std::string& attribute, double otherwise) const;
  /// Refuses a number that is not an integer of at most 2^53.
  Index read_integer(const std::string& object, const std::string& attribute, Index otherwise) const;
  std::string read_text(const std::string& object, const std::string& attribute, const std::string& otherwise) const;
  /// All numbers of an attribute; empty where there is none, or it holds something else.
  std::vector<double> read_numbers(const std::string& object, const std::string& attribute) const;
  bool has_attribute(const std::string& object, const std::string& attribute) const;
  /// A list of texts; empty where there is none, or the attribute holds something else.
  std::vector<std::string> read_texts(const std::string& object, const std::string& attribute) const;
  /// All attributes of an object, as text.
  std::vector<std::pair<std::string, std::string>> attributes(const std::string& object) const;

  void write_matrix(const std::string& dataset, const HostPoints& values);
  /// Makes a dataset of doubles whose numbers somebody else writes: they take no room yet.
  void lay_out(const std::string& dataset, const std::vector<hsize_t>& shape) { write(dataset, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, nullptr, shape); }
  /// In a file for parts: makes a dataset of doubles, row after row from the byte of the file on that is returned.
  Index make_room(const std::string& dataset, const std::vector<hsize_t>& shape);
  void write_array(const std::string& dataset, const double* values, const std::vector<hsize_t>& shape);
  void write_vector(const std::string& dataset, const std::vector<double>& values);
  void write_integers(const std::string& dataset, const std::vector<Index>& values);
  void write_number(const std::string& object, const std::string& attribute, double value);
  void write_integer(const std::string& object, const std::string& attribute, Index value);
  void write_unsigned(const std::string& object, const std::string& attribute, std::uint64_t value);
  void write_text(const std::string& object, const std::string& attribute, const std::string& value);
  void write_texts(const std::string& object, const std::string& attribute, const std::vector<std::string>& values);
  /// Puts everything into the file that create() was given. Call it last.
  void close();

 private:
  File(std::string path, Handle access, Handle file, AtomicFile* out, std::size_t user_block, std::unique_ptr<CrashSentence> sentence)
      : m_path(std::move(path)), m_sentence(std::move(sentence)), m_access(std::move(access)), m_file(std::move(file)), m_out(out), m_user_block(user_block) {}
  [[noreturn]] void unusable(const std::string& object, const std::string& what) const;
  void write(const std::string& dataset, hid_t memory_type, hid_t file_type, const void* values, const std::vector<hsize_t>& shape);
  Handle open_attribute(const std::string& object, const std::string& attribute) const;
  void write_attribute(const std::string& object, const std::string& attribute, hid_t type, const void* value);
  Handle open_dataset(const std::string& dataset, hid_t access = H5P_DEFAULT) const;
  void require_real(const std::string& dataset, hid_t set) const;
  void require_data(const std::string& dataset, int depth, bool real = true) const;
  void require_sources(const std::string& dataset, hid_t properties, int depth) const;
  void require_raw_files(const std::string& dataset, hid_t properties) const;
  /// What a soft or external link leads to, in words; "" for an object that stands there itself.
  std::string link_target(const std::string& object) const;
  /// Objects below the root, each once; `kind` is "" for a dataset, else words. `visit` says whether to go on.
  void walk(bool breadth_first, const std::function<bool(const std::string& path, const std::string& kind)>& visit) const;
  std::string shape_text(const std::string& dataset) const;
  void checked(herr_t status, const std::string& object, const char* what) const;
  void put_all_but_rooms();

  std::string m_path;
  std::unique_ptr<CrashSentence> m_sentence;  ///< of a file that is read, until it is closed
  Handle m_access, m_file;
  AtomicFile* m_out;
  std::size_t m_user_block;
  bool m_in_parts = false;
  std::unique_ptr<NumbersFile> m_layout;  ///< then: where HDF5 writes what is not numbers, unless that is its own memory
  std::vector<Span> m_rooms;              ///< then: [first, last) byte of each dataset
};

}  // namespace kswgd::io::hdf5

// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "crash_sentence.hpp"

#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <vector>

namespace kswgd::io {
namespace {

// Where a signal handler can read it: plain memory. 0: there is nothing to say.
char sentence[8192];
volatile std::sig_atomic_t length = 0;

std::vector<const std::string*> living;

void prepare(const std::string& text) {
  length = 0;
  const std::size_t size = std::min(text.size(), sizeof sentence);
  std::memcpy(sentence, text.data(), size);
  length = static_cast<std::sig_atomic_t>(size);
}

}  // namespace

CrashSentence::CrashSentence(const std::string& path) {
  std::string name = path.substr(0, 4096);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  m_text = "kswgd: error: io: '" + name + "' is damaged in a way that crashes the library which reads it (HDF5 " + std::to_string(H5_VERS_MAJOR) + "." +
           std::to_string(H5_VERS_MINOR) + "." + std::to_string(H5_VERS_RELEASE) + "): write the file anew; a newer HDF5 may say what is wrong\n";
  living.push_back(&m_text);
  prepare(m_text);
}

CrashSentence::~CrashSentence() {
  living.erase(std::find(living.begin(), living.end(), &m_text));
  prepare(living.empty() ? "" : *living.back());
}

bool say_crash_sentence() noexcept {
  const auto size = static_cast<std::size_t>(length);
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = write(STDERR_FILENO, sentence + done, size - done);
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  return size > 0;
}

}  // namespace kswgd::io

// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <kswgd/io/atomic_file.hpp>

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

using Atomic = Scratch;

TEST_F(Atomic, AppearsAtCommit) {
  const std::string target = write("a.txt", "before");
  {
    AtomicFile file(target);
    std::ofstream(file.temporary()) << "after";
    EXPECT_EQ(content(target), "before");
    EXPECT_EQ(files(), 2U);
    file.commit();
    EXPECT_EQ(content(target), "after");
  }
  EXPECT_EQ(files(), 1U);
}

TEST_F(Atomic, VanishesWithoutCommit) {
  try {
    AtomicFile file(path("a.txt"));
    EXPECT_EQ(files(), 1U);
    throw std::runtime_error("work failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(Atomic, FollowsALinkAndKeepsPermissions) {
  write("real.txt", "x");
  std::filesystem::permissions(path("real.txt"), std::filesystem::perms(0600));
  std::filesystem::create_symlink("real.txt", path("link.txt"));
  write_text(path("link.txt"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.txt")));
  EXPECT_EQ(content(path("real.txt")), "new");
  EXPECT_EQ(std::filesystem::status(path("real.txt")).permissions(), std::filesystem::perms(0600));
}

TEST_F(Atomic, NewFilesHaveTheUsualPermissions) {
  const mode_t mask = umask(022);
  write_text(path("a.txt"), "x");
  umask(mask);
  EXPECT_EQ(std::filesystem::status(path("a.txt")).permissions(), std::filesystem::perms(0644));
}

TEST_F(Atomic, SaysEarlyWhatCannotBeWritten) {
  EXPECT_REFUSED(require_writable(path("absent/a.h5")), "absent/a.h5", "there is no folder");
  EXPECT_REFUSED(require_writable(m_folder.string()), "it is a folder");
  EXPECT_REFUSED(require_writable(path("")), "folder");
  EXPECT_REFUSED(require_writable(""), "needs a name");
  EXPECT_REFUSED(require_writable("/dev/null"), "/dev/null", "not a regular file");
  EXPECT_REFUSED(require_writable(write("file", "") + "/a.h5"), "not a folder");
  EXPECT_REFUSED(require_writable("/proc/a.h5"), "/proc", "cannot be written to");
  if (geteuid() != 0) {  // root writes anywhere
    std::filesystem::create_directory(path("locked"));
    std::filesystem::permissions(path("locked"), std::filesystem::perms(0500));
    EXPECT_REFUSED(require_writable(path("locked/a.h5")), "locked", "cannot be written to", "Permission denied");
  }
  EXPECT_EQ(files(), geteuid() == 0 ? 1U : 2U);
  require_writable(path("good.h5"));
  EXPECT_FALSE(std::filesystem::exists(path("good.h5")));
}

TEST_F(Atomic, LongNames) { write_text(path(std::string(250, 'n')), "x"); }

TEST_F(Atomic, TextGoesIntoAPipe) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const pid_t child = fork();
  if (child == 0) {
    write_text(path("pipe"), "{}");
    _exit(0);
  }
  EXPECT_EQ(content(path("pipe")), "{}");
  waitpid(child, nullptr, 0);
}

TEST_F(Atomic, SignalsRemoveUnfinishedFiles) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t child = fork();
    if (child == 0) {
      remove_unfinished_files_on_signals();
      AtomicFile file(path("a.h5"));
      raise(signal);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_EQ(files(), 0U);
  }
}

/// A full disk, played by a limit on the size of files.
TEST_F(Atomic, AFullDiskIsAFailureAndLeavesNothing) {
  const auto points = ramp(100000, 3);
  for (const char* name : {"a.h5", "a.npy", "a.csv"}) {
    SCOPED_TRACE(name);
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{100000, 100000};
      setrlimit(RLIMIT_FSIZE, &limit);
      int result = 1;
      try {
        write_points(path(name), points, {});
      } catch (const Failure& error) {
        result = std::string(error.what()).find(path(name)) == std::string::npos ? 2 : 3;
      }
      std::exit(result);  // with HDF5's own clean-up at exit
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT_EQ(files(), 0U);
  }
}

}  // namespace
}  // namespace kswgd::io::test

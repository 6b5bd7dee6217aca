// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <kswgd/io/deferred_commits.hpp>

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

TEST_F(Atomic, DeferredCommitsWaitOrAreDropped) {
  write("a.txt", "before");
  const auto both = [&] {
    write_text(path("a.txt"), "after");
    write_text(path("b.txt"), "new");
  };
  {
    const auto dropped = defer_commits(both);
    ASSERT_EQ(dropped.size(), 2U);
    EXPECT_EQ(dropped[1]->path(), path("b.txt"));
    EXPECT_EQ(files(), 3U);
  }
  EXPECT_EQ(content(path("a.txt")), "before");
  EXPECT_EQ(files(), 1U);
  const auto kept = defer_commits(both);
  EXPECT_EQ(content(path("a.txt")), "before");
  for (const auto& file : kept) file->commit();
  EXPECT_EQ(content(path("a.txt")), "after");
  EXPECT_EQ(content(path("b.txt")), "new");
  EXPECT_EQ(files(), 2U);
  EXPECT_THROW(defer_commits([] { throw Failure("no"); }), Failure);
  write_text(path("c.txt"), "at once");
  EXPECT_EQ(content(path("c.txt")), "at once");
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

/// Names and times of everything in a folder.
std::string state_of(const std::filesystem::path& folder) {
  std::string text;
  struct stat status {};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) text += entry.path().string() + "\n";
  stat(folder.c_str(), &status);
  return text + std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

TEST_F(Atomic, AskingLeavesEverythingAsItWas) {
  const std::string stray = write(".a.h5.unfinished-1-0", "somebody's");
  write("a.h5", "before");
  const std::string before = state_of(m_folder);
  require_writable(path("a.h5"));
  require_writable(path("new.h5"));
  require_writable_text(path("new.json"));
  EXPECT_EQ(state_of(m_folder), before);
  EXPECT_EQ(content(path("a.h5")), "before");
  std::filesystem::create_symlink("/dev/stdout", path("out"));
  EXPECT_REFUSED(require_writable(path("out")), "out", "open descriptor");
  EXPECT_REFUSED(AtomicFile("/dev/fd/1"), "/dev/fd/1", "open descriptor");
  EXPECT_REFUSED(require_writable(path(std::string(256, 'n'))), "longer than 255");
  std::filesystem::create_symlink(path("circle"), path("circle"));
  EXPECT_REFUSED(require_writable(path("circle")), "symbolic links");
}

TEST_F(Atomic, StraysOfKilledRunsAreRemovedAndNothingElse) {
  const std::string target = path("a.h5");
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(target);
    file.append("half", 4);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(files(), 1U);  // nobody could remove it
  write(".b.h5.unfinished-1-0", "of another target");
  write(".a.h5.unfinished-notes", "of another kind");
  std::filesystem::create_directory(path(".a.h5.unfinished-1-1"));
  std::filesystem::create_symlink("/dev/null", path(".a.h5.unfinished-1-2"));
  write(".a.h5.unfinished-1-0", "of a process number that is in use: 1 always is");
  int held = -1;
  {
    held = ::open(write(".a.h5.unfinished-99999999-0", "of a process number that is not in use here, and held").c_str(), O_RDWR);
    ASSERT_EQ(::flock(held, LOCK_EX), 0);
  }
  write_text(target, "whole");
  EXPECT_EQ(content(target), "whole");
  EXPECT_FALSE(std::filesystem::exists(path(".a.h5.unfinished-1-0")));
  EXPECT_FALSE(std::filesystem::exists(path(".a.h5.unfinished-" + std::to_string(child) + "-0")));
  for (const char* kept : {".b.h5.unfinished-1-0", ".a.h5.unfinished-notes", ".a.h5.unfinished-99999999-0", ".a.h5.unfinished-1-1"})
    EXPECT_TRUE(std::filesystem::exists(path(kept))) << kept;
  EXPECT_EQ(files(), 6U);
  ::close(held);
}

TEST_F(Atomic, TwoWritersOfOneFileLeaveEachOther) {
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 300; ++i) write_text(path("a" + std::to_string(i % 20) + ".txt"), "child");
    _exit(0);
  }
  for (int i = 0; i < 300; ++i) write_text(path("a" + std::to_string(i % 20) + ".txt"), "parent");
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(files(), 20U);
}

TEST_F(Atomic, OverwritesInPlace) {
  AtomicFile file(path("a.txt"));
  file.append("....", 4);
  file.append("tail", 4);
  file.overwrite(0, "head", 4);
  file.append("!", 1);
  file.commit();
  EXPECT_EQ(content(path("a.txt")), "headtail!");
}

/// Exit status of a child that does `work` with stdout and stderr in these files.
template <class Work>
int status_of(const std::string& out, const std::string& err, Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    dup2(::open(out.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644), 1);
    dup2(::open(err.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644), 2);
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(Atomic, DescriptorsAreAppendedTo) {
  const std::string log = write("log", "earlier\n"), errors = write("errors", "");
  std::filesystem::create_symlink("/dev/stdout", path("link"));
  EXPECT_EQ(status_of(log, errors,
                      [&] {
                        std::printf("printed\n");
                        for (const std::string& name : {std::string("/dev/stdout"), std::string("/dev/fd/1"), std::string("/proc/self/fd/1"), path("link")})
                          write_text(name, name.substr(0, 5) + "\n");
                        write_text("/dev/stderr", "error\n");
                      }),
            0);
  EXPECT_EQ(content(log), "earlier\nprinted\n/dev/\n/dev/\n/proc\n" + path("link").substr(0, 5) + "\n");
  EXPECT_EQ(content(errors), "error\n");
  EXPECT_REFUSED(require_writable_text("/dev/fd/999"), "/dev/fd/999", "not open for writing");
  const int reader = ::open("/dev/null", O_RDONLY);
  EXPECT_REFUSED(require_writable_text("/dev/fd/" + std::to_string(reader)), "not open for writing");
  ::close(reader);
}

TEST_F(Atomic, ClosedDescriptorsAreHeldByNull) {
  const std::string out = path("out"), err = path("err");
  EXPECT_EQ(status_of(out, err,
                      [&] {
                        for (const int descriptor : {0, 1, 2}) ::close(descriptor);
                        hold_standard_descriptors();
                        const int next = ::open(path("data").c_str(), O_WRONLY | O_CREAT, 0644);
                        if (next < 3) _exit(1);
                        if (::write(1, "x", 1) >= 0 || ::write(2, "x", 1) >= 0) _exit(2);  // who writes there is told
                        char byte = 0;
                        if (read(0, &byte, 1) >= 0) _exit(3);
                        try {
                          write_text("/dev/stdout", "{}");
                        } catch (const InvalidInput&) {
                          _exit(0);
                        }
                        _exit(4);
                      }),
            0);
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
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM}) {
    SCOPED_TRACE(signal);
    const pid_t child = fork();
    if (child == 0) {
      const rlimit none{0, 0};
      setrlimit(RLIMIT_CORE, &none);
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

/// What a child that does this leaves on stderr, and its status as waitpid gives it.
std::pair<std::string, int> last_words(const std::string& errors, const std::function<void()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const int log = open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (log < 0 || dup2(log, STDERR_FILENO) < 0) _exit(3);
    remove_unfinished_files_on_signals();
    act();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::ifstream in(errors);
  return {{std::istreambuf_iterator<char>(in), {}}, status};
}

/// HDF5 crashes on some damaged files; none of these is kept here, so the crash is ours. (SIGABRT: sanitizers keep the others to themselves.)
TEST_F(Atomic, ACrashWhileAFileIsReadNamesTheFile) {
  write_points(path("a\x1b.h5"), ramp(5, 2), {});
  write_points(path("b.h5"), ramp(5, 2), {});
  const std::size_t before = files();
  const auto crash = [&](const std::function<void()>& then) {
    return last_words(path("errors"), [&] {
      const AtomicFile unfinished(path("c.h5"));
      const auto file = hdf5::File::open(path("a\x1b.h5"));
      { const auto other = hdf5::File::open(path("b.h5")); }
      then();
    });
  };
  const auto [words, status] = crash([] { abort(); });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2) << status;
  EXPECT_NE(words.find("kswgd: error: io: '" + path("a?.h5") + "' is damaged in a way that crashes the library"), std::string::npos) << words;
  EXPECT_EQ(std::count(words.begin(), words.end(), '\n'), 1);
  EXPECT_EQ(files(), before + 1) << "the errors alone";

  const int killed = crash([] { raise(SIGTERM); }).second;
  EXPECT_TRUE(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGTERM);
  const auto [silent, outside] = last_words(path("errors"), [&] {
    { const auto file = hdf5::File::open(path("b.h5")); }
    abort();
  });
  EXPECT_TRUE(WIFSIGNALED(outside) && WTERMSIG(outside) == SIGABRT) << "no file is read any more";
  EXPECT_EQ(silent, "");
}

TEST_F(Atomic, SignalsWaitWhileSeveralFilesTakeTheirPlaces) {
  const int status = last_words(path("errors"), [&] {
                       auto files = defer_commits([&] {
                         for (const char* name : {"a.h5", "b.h5"}) {
                           AtomicFile file(path(name));
                           file.commit();
                         }
                       });
                       const AtomicFile unfinished(path("c.h5"));
                       const HeldSignals held;
                       files[0]->commit();
                       raise(SIGTERM);
                       files[1]->commit();
                     }).second;
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
  EXPECT_TRUE(std::filesystem::exists(path("a.h5")) && std::filesystem::exists(path("b.h5")));
  EXPECT_EQ(files(), 3U) << "and the errors: what was unfinished is gone";
}

TEST_F(Atomic, WhatIsIgnoredStaysSoAndBrokenPipesAreErrors) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGXFSZ, SIG_DFL);
    remove_unfinished_files_on_signals();
    AtomicFile file(path("a.h5"));
    raise(SIGHUP);
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    ::close(ends[0]);
    if (::write(ends[1], "x", 1) != -1 || errno != EPIPE) _exit(2);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string much(2000, 'x');
    try {
      file.append(much.data(), much.size());
    } catch (const Failure& error) {
      file.overwrite(0, "y", 1);
      std::exit(std::string(error.what()).find("too large") == std::string::npos ? 3 : 0);  // leaves `file` to no one
    }
    _exit(4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
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

#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : m_fd(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : m_fd(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd();

  int get() const { return m_fd; }
  int release();
  void reset();
  explicit operator bool() const { return m_fd >= 0; }

 private:
  int m_fd = -1;
};

struct WriteOptions {
  unsigned mode = 0600;
};

Result<std::string> read_file(const std::string& path, std::size_t size_max = 16U << 20U);
// fsync, rename. A link stays one: what it leads to is replaced. A device or a pipe is written into.
Result<void> write_file_atomically(const std::string& name, std::string_view text, WriteOptions options = {});
Result<void> make_directories(const std::string& path, unsigned mode = 0700);
bool file_exists(const std::string& path);
bool is_absent(const std::string& path);        // for sure: what may not be looked at is not
bool others_may_read(const std::string& path);  // everybody, by the mode; false if it is not there

}  // namespace tide

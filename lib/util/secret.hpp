#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <utility>

namespace tide {

// A string that no log, message or test output can show: formatted it is "[secret]". Wiped when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : m_value(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : m_value(other.m_value) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      m_value = other.m_value;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      *this = std::as_const(other);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  bool empty() const { return m_value.empty(); }
  const std::string& reveal() const { return m_value; }  // only to sign or to send
  bool operator==(const Secret&) const = default;

 private:
  void wipe() {
    ::explicit_bzero(m_value.data(), m_value.size());
    m_value.clear();
  }

  std::string m_value;
};

}  // namespace tide

template <>
struct fmt::formatter<tide::Secret> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const tide::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("[secret]", context);
  }
};

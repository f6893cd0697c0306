#pragma once

#include <tide/batch/registry.hpp>

#include <string>
#include <string_view>

namespace tide::batch {

// Where an adapter's programs are, for its factory: [batch] bin_dir, else PATH, else the usual folders and `also`.
class Programs {
 public:
  Programs(const config::Config& config, const Host& host, std::string_view also = "");

  Result<std::string> find(std::string_view name) const;  // absolute; an error of kind config names bin_dir
  std::string find_or_none(std::string_view name) const;  // "" if there is none
  // PATH and [batch.env], for commands.
  const std::map<std::string, std::string>& environment() const { return m_environment; }

 private:
  std::string m_bin_dir;
  std::string m_path;
  std::map<std::string, std::string> m_environment;
};

// Of this process; its number where it has no name.
std::string user_name();

}  // namespace tide::batch

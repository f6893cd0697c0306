#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace tide::sim {

// Counts of rare branches: a campaign in which one never fired has proved nothing about it.
class Probes {
 public:
  void hit(std::string_view probe) { ++m_hits[std::string(probe)]; }
  void add(const Probes& other) {
    for (const auto& [probe, count] : other.m_hits) m_hits[probe] += count;
  }
  std::int64_t count(const std::string& probe) const {
    const auto found = m_hits.find(probe);
    return found == m_hits.end() ? 0 : found->second;
  }
  const std::map<std::string, std::int64_t>& hits() const { return m_hits; }

 private:
  std::map<std::string, std::int64_t> m_hits;
};

// Those that every campaign of some size must have hit.
std::span<const char* const> required_probes();

}  // namespace tide::sim

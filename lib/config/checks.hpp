#pragma once

#include <tide/config/config.hpp>
#include <tide/config/judge.hpp>

namespace tide::config {

// The sections of one file by what they are.
using Sections = std::map<std::string, Section>;

// "2", "a100:2", "a100:2,v100:1"; nothing if it is none of these.
std::optional<core::Gpus> parse_gpus(std::string_view text);

// What one pool gets wrong by itself.
void check_pool(const core::Pool& pool, const Reader& reader, const core::Settings& settings, Problems& problems);

// Shares that no policy could mean.
void check_spot(const core::SpotSettings& spot, const Reader& reader, Problems& problems);

// What only shows between sections: limits against each other, pools that share names, a head that pools need.
void check_together(const Config& config, const Sections& sections, Problems& problems);

// A word that goes into tags, host names and paths.
bool is_name(std::string_view text);

}  // namespace tide::config

#pragma once

#include <string>
#include <string_view>

namespace tide {

std::string sha1(std::string_view data);                               // 20 raw bytes; for names, never for trust
std::string sha256(std::string_view data);                             // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view data);  // 32 raw bytes
std::string to_hex(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
std::string base64_decode(std::string_view text);  // ignores line ends; stops at what is not base64

}  // namespace tide

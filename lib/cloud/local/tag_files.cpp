#include <tide/cloud/local/tag_files.hpp>

#include <tide/cloud/local/environment.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

namespace tide::cloud::local {

Result<void> read_tags(const std::string& path, std::map<std::string, std::string>& tags) {
  if (!file_exists(path)) return {};
  TIDE_TRY_ASSIGN(const std::string text, read_file(path));
  tags = decode_tags(trim(text));
  return {};
}

Result<void> write_tags(const std::string& path, const std::map<std::string, std::string>& tags) {
  return write_file_atomically(path, encode_tags(tags) + "\n");
}

}  // namespace tide::cloud::local

#include <tide/batch/slurm/fields.hpp>

namespace tide::batch::slurm {

std::string_view field_of(std::string_view line, std::string_view key) {
  for (std::size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    const std::size_t value = at + key.size();
    if ((at != 0 && line[at - 1] != ' ') || value >= line.size() || line[value] != '=') continue;
    const std::string_view rest = line.substr(value + 1);
    return rest.substr(0, rest.find(' '));
  }
  return "";
}

}  // namespace tide::batch::slurm

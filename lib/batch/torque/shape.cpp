#include <tide/batch/pbs/values.hpp>
#include <tide/batch/torque/node_spec.hpp>
#include <tide/batch/torque/shape.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::torque {

namespace {

constexpr std::int64_t k_count_max = 1'000'000;

void append_utf8(std::uint32_t code, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80U) {
    add(code);
  } else if (code < 0x800U) {
    add(0xc0U | (code >> 6U));
    add(0x80U | (code & 0x3fU));
  } else if (code < 0x10000U) {
    add(0xe0U | (code >> 12U));
    add(0x80U | ((code >> 6U) & 0x3fU));
    add(0x80U | (code & 0x3fU));
  } else {
    add(0xf0U | (code >> 18U));
    add(0x80U | ((code >> 12U) & 0x3fU));
    add(0x80U | ((code >> 6U) & 0x3fU));
    add(0x80U | (code & 0x3fU));
  }
}

// "#38", "#x26"
bool append_numeric(std::string_view name, std::string& out) {
  name.remove_prefix(1);
  const bool hex = !name.empty() && (name.front() == 'x' || name.front() == 'X');
  if (hex) name.remove_prefix(1);
  if (name.empty() || name.size() > 8) return false;
  std::uint32_t code = 0;
  for (const char c : to_lower(name)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(hex && c >= 'a' && c <= 'f')) return false;
    code = code * (hex ? 16U : 10U) + static_cast<std::uint32_t>(digit ? c - '0' : c - 'a' + 10);
    if (code > 0x10ffffU) return false;
  }
  if (code == 0 || (code >= 0xd800U && code <= 0xdfffU)) return false;
  append_utf8(code, out);
  return true;
}

// What a person typed, safe to show and to write as JSON: bytes that are no ASCII are told in hexadecimal.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~')
      out.push_back(c);
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return printable(out, 120);
}

void add_unjudged(core::Shape& shape, const std::string& text) {
  if (shape.unjudged.size() > 200) return;
  if (!shape.unjudged.empty()) shape.unjudged += ", ";
  shape.unjudged += plain(text);
}

// The leaves of Resource_List, whose structure the reader has checked.
void read_resources(std::string_view text, Wishes& wishes) {
  while (true) {
    const std::size_t open = text.find('<');
    if (open == std::string_view::npos) return;
    const std::size_t close = text.find('>', open);
    if (close == std::string_view::npos) return;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
    const std::size_t end = text.find('<');
    if (end == std::string_view::npos) return;
    if (name.starts_with('/') || !text.substr(end).starts_with("</")) continue;
    const std::string_view raw = text.substr(0, end);
    auto value = decode(raw);
    if (!value) add_unjudged(wishes.shape, fmt::format("{}={}", name, raw));
    wishes.resources.insert_or_assign(std::string(name), value ? std::move(*value) : std::string(raw));
  }
}

class Reader {
 public:
  explicit Reader(Wishes& wishes) : m_wishes(wishes), m_shape(wishes.shape) {}

  void read_all() {
    read_chunks();
    read_memory();
    read_rest();
  }

 private:
  std::string_view resource(std::string_view name) const {
    const auto found = m_wishes.resources.find(name);
    return found == m_wishes.resources.end() ? std::string_view{} : std::string_view(found->second);
  }

  int count(std::string_view name) {
    const std::string_view text = resource(name);
    if (text.empty()) return 0;
    const auto number = parse_integer(text);
    if (number && *number >= 0 && *number <= k_count_max) return static_cast<int>(*number);
    add_unjudged(m_shape, fmt::format("{}={}", name, text));
    return 0;
  }

  std::int64_t memory(std::string_view name) {
    const std::string_view text = resource(name);
    if (text.empty()) return 0;
    constexpr std::int64_t k_memory_max = std::int64_t{1} << 40U;  // keeps every product below 2^63
    if (const auto size = pbs::parse_size_mib(text); size && *size <= k_memory_max) return *size;
    add_unjudged(m_shape, fmt::format("{}={}", name, text));
    return 0;
  }

  void add_part(const NodePart& part) {
    core::Chunk chunk;
    chunk.nodes = part.nodes;
    chunk.nodes_max = part.nodes;
    chunk.tasks = part.nodes;  // each of its nodes gives ppn slots at once
    chunk.tasks_per_node = 1;
    chunk.slots_per_task = part.slots;
    if (part.gpus > 0) chunk.gpus_per_node[""] = part.gpus;
    for (const auto& property : part.properties) chunk.features.push_back({property});
    if (!part.host.empty()) m_wishes.hosts.push_back(part.host);
    if (!part.first_word.empty()) m_wishes.words.push_back(part.first_word);
    if (!part.unjudged.empty()) add_unjudged(m_shape, part.unjudged);
    add_chunk(std::move(chunk));
  }

  void add_chunk(core::Chunk chunk) {
    std::ranges::sort(chunk.features);
    chunk.features.erase(std::unique(chunk.features.begin(), chunk.features.end()), chunk.features.end());
    m_shape.chunks.push_back(std::move(chunk));
  }

  void read_chunks() {
    std::string_view text = resource("nodes");
    if (text.empty()) text = resource("neednodes");
    const int procs = count("procs");
    const int ncpus = count("ncpus");
    if (!text.empty() && !(procs > 0 && text == "1")) {
      if (auto spec = parse_node_spec(text)) {
        m_shape.exclusive = m_shape.exclusive || spec->exclusive;
        for (NodePart& part : spec->parts) {
          if (!part.ppn_given && spec->parts.size() == 1 && ncpus > 0) part.slots = ncpus;
          add_part(part);
        }
      } else {
        add_unjudged(m_shape, fmt::format("nodes={}", text));
        add_chunk({});
      }
    }
    if (procs > 0) {  // anywhere
      core::Chunk chunk;
      chunk.tasks = procs;
      add_chunk(std::move(chunk));
    }
    m_shape.apart = m_shape.chunks.size() > 1;
    if (procs > 0) m_shape.apart = m_shape.chunks.size() > 2;
    if (m_shape.chunks.empty()) {
      core::Chunk chunk;
      chunk.nodes_max = 1;
      chunk.slots_per_task = std::max(ncpus, 1);
      add_chunk(std::move(chunk));
    }
  }

  std::int64_t slots(const core::Chunk& chunk) const {
    return static_cast<std::int64_t>(chunk.tasks) * chunk.slots_per_task;
  }

  // mem and vmem are of the whole job, pmem and pvmem of each of its processes. Machines of a cloud have no swap: what
  // is asked for as virtual memory alone must be there as well.
  void read_memory() {
    std::int64_t whole = memory("mem");
    std::int64_t each = memory("pmem");
    const std::int64_t whole_virtual = memory("vmem");
    const std::int64_t each_virtual = memory("pvmem");
    if (whole == 0 && each == 0) {
      whole = whole_virtual;
      each = each_virtual;
    }
    std::int64_t total = 0;
    for (const auto& chunk : m_shape.chunks) total += slots(chunk);
    const std::int64_t share = (whole + total - 1) / total;  // of one slot
    for (auto& chunk : m_shape.chunks) {
      const bool fixed = chunk.tasks_per_node == 1 || chunk.nodes_max == 1;
      if (fixed && m_shape.chunks.size() == 1) {
        const std::int64_t of_node = (whole + chunk.nodes - 1) / chunk.nodes;
        chunk.memory_mib_per_node = std::max(of_node, each * chunk.slots_per_task);
      } else {
        chunk.memory_mib_per_slot = std::max(share, each);
      }
    }
    m_wishes.resources.insert_or_assign("procct", std::to_string(total));
  }

  void read_features() {
    const std::string_view text = resource("feature");
    if (text.empty()) return;
    std::vector<std::vector<std::string>> clauses;
    if (text.find('|') != std::string_view::npos) {
      clauses.emplace_back();
      for (const std::string_view word : split(text, '|')) clauses.back().emplace_back(word);
      std::ranges::sort(clauses.back());
    } else {
      for (const std::string_view word : split(text, ':')) clauses.push_back({std::string(word)});
    }
    const bool fine = std::ranges::all_of(clauses, [](const auto& clause) {
      return std::ranges::all_of(
          clause, [](const std::string& word) { return !word.empty() && word.find_first_of("|:&= ") == word.npos; });
    });
    if (!fine) return add_unjudged(m_shape, fmt::format("feature={}", text));
    for (auto& chunk : m_shape.chunks) {
      chunk.features.insert(chunk.features.end(), clauses.begin(), clauses.end());
      std::ranges::sort(chunk.features);
    }
  }

  void read_rest() {
    read_features();
    if (const std::string_view text = resource("walltime"); !text.empty()) {
      if (const auto time = pbs::parse_walltime(text))
        m_shape.walltime = *time;
      else
        add_unjudged(m_shape, fmt::format("walltime={}", text));
    }
    const std::string policy = to_lower(resource("naccesspolicy"));
    if (policy == "singlejob" || policy == "singletask") m_shape.exclusive = true;
    if (const std::string_view host = resource("host"); !host.empty()) m_wishes.hosts.emplace_back(host);
    // Read above, or nothing that a machine could lack.
    constexpr std::array<std::string_view, 24> k_read{
        "nodes",   "neednodes", "nodect",   "procs",    "procct", "ncpus", "mem",           "pmem",
        "vmem",    "pvmem",     "walltime", "cput",     "pcput",  "file",  "naccesspolicy", "host",
        "feature", "nice",      "epilogue", "prologue", "qos",    "other", "umask",         "flags"};
    for (const auto& [name, value] : m_wishes.resources) {
      if (std::ranges::find(k_read, name) == k_read.end()) add_unjudged(m_shape, fmt::format("{}={}", name, value));
    }
  }

  Wishes& m_wishes;
  core::Shape& m_shape;
};

}  // namespace

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t sign = text.find('&');
    out.append(text.substr(0, sign));
    if (sign == std::string_view::npos) return out;
    text.remove_prefix(sign + 1);
    const std::size_t end = text.find(';');
    if (end == std::string_view::npos || end == 0 || end > 10) return std::nullopt;
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(end + 1);
    constexpr std::array<std::pair<std::string_view, char>, 5> k_names{
        {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
    const auto* const known = std::ranges::find(k_names, name, &std::pair<std::string_view, char>::first);
    if (known != k_names.end())
      out.push_back(known->second);
    else if (name.front() != '#' || !append_numeric(name, out))
      return std::nullopt;
  }
}

Wishes wishes_of(const JobRecord& job, bool with_account) {
  Wishes wishes;
  core::Shape& shape = wishes.shape;
  const auto text_of = [&](Field field) { return plain(decode(job[field]).value_or(std::string(job[field]))); };
  read_resources(job[Field::resources], wishes);
  shape.queue = text_of(Field::queue);
  if (with_account) shape.account = text_of(Field::account);
  shape.rerunnable = job[Field::rerunable] != "False" && job[Field::rerunable] != "n";
  shape.exclusive = job[Field::exclusive] == "True";
  const std::string extension = to_lower(job[Field::extension]);
  if (extension.find("naccesspolicy:singlejob") != std::string::npos ||
      extension.find("naccesspolicy=singlejob") != std::string::npos ||
      extension.find("naccesspolicy:singletask") != std::string::npos) {
    shape.exclusive = true;
  }
  Reader(wishes).read_all();
  return wishes;
}

}  // namespace tide::batch::torque

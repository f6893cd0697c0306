#include <tide/batch/openpbs/select.hpp>
#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::openpbs {

namespace {

constexpr std::int64_t k_count_max = 1'000'000;  // slots or nodes: beyond is a mistake
constexpr std::int64_t k_single_chunks = 1'024;  // GPU chunks that may share a node are told apart up to here
constexpr std::size_t k_parts_max = 4'096;       // of one select
constexpr std::string_view k_no_project = "_pbs_project_default";

struct Part {
  std::int64_t count = 1;
  std::int64_t ncpus = 1;
  std::int64_t memory_mib = 0;
  core::Gpus gpus;
  std::vector<std::vector<std::string>> features;
};

struct Place {
  bool exclusive = false;
  bool pack = false;
  bool scatter = false;
  std::string unjudged;
};

// Splits where no quote is open: values may be quoted.
std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == separator) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string_view unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Place parse_place(std::string_view text) {
  Place place;
  for (const std::string_view word : split(text, ':')) {
    if (word == "excl" || word == "exclhost") {
      place.exclusive = true;
    } else if (word == "pack" || word == "group=host") {
      place.pack = true;
    } else if (word == "scatter" || word == "vscatter") {
      place.scatter = true;
    } else if (!word.empty() && word != "free" && word != "shared") {
      place.unjudged = fmt::format("place={}", printable(word, 80));
    }
  }
  return place;
}

Error no_select(std::string_view text) {
  return make_error(ErrorKind::protocol, "'{}' is no select", printable(text, 120));
}

// One "name=value" of a chunk.
Result<void> take_resource(std::string_view name, std::string_view value, Part& part, Request& request) {
  const auto count = parse_integer(value);
  const bool whole = count && *count >= 0 && *count <= k_count_max;
  const auto absurd = [&] { request.shape.unjudged = fmt::format("{}={}", name, printable(value, 40)); };
  if (name == "ncpus") {
    if (!whole) absurd();
    part.ncpus = std::max<std::int64_t>(1, whole ? *count : 1);  // a chunk without CPUs still needs a node
  } else if (name == "mem" || name == "vmem") {
    const auto size = pbs::parse_size_mib(value);
    if (!size) absurd();
    part.memory_mib = std::max(part.memory_mib, size.value_or(0));
  } else if (name == "ngpus") {
    if (!whole) absurd();
    if (whole && *count > 0) part.gpus[""] = static_cast<int>(*count);
  } else if (name == "mpiprocs" || name == "ompthreads" || (name == "arch" && value == "linux")) {
    // How a job uses its CPUs, and what every machine is: no room of its own.
  } else if (name == "host" || name == "vnode") {
    request.bound = fmt::format("{}={}", name, printable(value, 80));
  } else {
    part.features.push_back({feature_of(name, value)});
    std::string written = fmt::format("{}={}", name, value);
    if (written != part.features.back().front()) part.features.back().push_back(std::move(written));
  }
  return {};
}

Result<Part> parse_part(std::string_view text, Request& request) {
  Part part;
  bool first = true;
  for (const std::string_view item : split_outside_quotes(text, ':')) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      const auto count = parse_integer(item);
      if (!first || !count || *count < 0) return no_select(text);
      part.count = *count;
      if (*count == 0 || *count > k_count_max) request.shape.unjudged = fmt::format("{} chunks", printable(item, 40));
    } else {
      TIDE_TRY(take_resource(item.substr(0, equals), unquote(item.substr(equals + 1)), part, request));
    }
    first = false;
  }
  std::ranges::sort(part.features);
  part.features.erase(std::unique(part.features.begin(), part.features.end()), part.features.end());
  part.count = std::clamp<std::int64_t>(part.count, 1, k_count_max);
  return part;
}

core::Chunk one_node(const Part& part) {
  return {.nodes = 1,
          .nodes_max = 1,
          .tasks = 1,
          .slots_per_task = static_cast<int>(part.ncpus),
          .tasks_per_node = 1,
          .memory_mib_per_node = part.memory_mib,
          .gpus_per_node = part.gpus,
          .features = part.features};
}

core::Chunk spread(const Part& part) {
  core::Chunk chunk = one_node(part);
  chunk.nodes = chunk.nodes_max = chunk.tasks = static_cast<int>(part.count);
  return chunk;
}

// Chunks that may share nodes as they come. Memory is told by the slot, rounded down: rounded up, four chunks of 7gb on
// three CPUs would not fit on a node of 28gb.
core::Chunk freely(const Part& part) {
  core::Chunk chunk = one_node(part);
  if (part.count == 1) return chunk;
  chunk.nodes_max = 0;
  chunk.tasks = static_cast<int>(part.count);
  chunk.tasks_per_node = 0;
  chunk.memory_mib_per_node = 0;
  chunk.memory_mib_per_slot = part.memory_mib / part.ncpus;
  return chunk;
}

// All on one node: the sum of all.
Result<core::Chunk> packed(const std::vector<Part>& parts, Request& request) {
  Part sum{.count = 1, .ncpus = 0};
  for (const Part& part : parts) {
    sum.ncpus += part.count * part.ncpus;
    if (part.memory_mib > std::numeric_limits<std::int64_t>::max() / k_count_max) return no_select("mem");
    sum.memory_mib += part.count * part.memory_mib;
    for (const auto& [type, count] : part.gpus)
      sum.gpus[type] = static_cast<int>(std::min(k_count_max, sum.gpus[type] + part.count * count));
    sum.features.insert(sum.features.end(), part.features.begin(), part.features.end());
  }
  std::ranges::sort(sum.features);
  sum.features.erase(std::unique(sum.features.begin(), sum.features.end()), sum.features.end());
  if (sum.ncpus > k_count_max) {
    request.shape.unjudged = fmt::format("{} CPUs on one host", sum.ncpus);
    sum.ncpus = k_count_max;
  }
  return one_node(sum);
}

// "ncpus=4:mem=8gb" of a job that has no select yet: one that waits in a routing queue.
std::string plain_select(const JobRecord& job) {
  std::string select = "1";
  for (const auto& [field, name] :
       {std::pair{Field::ncpus, "ncpus"}, std::pair{Field::mem, "mem"}, std::pair{Field::ngpus, "ngpus"}}) {
    if (job.has(field)) select += fmt::format(":{}={}", name, job.value(field));
  }
  return select;
}

Result<Seconds> walltime_of(const JobRecord& job) {
  // One that may shrink asks for max_walltime at most.
  for (const Field field : {Field::walltime, Field::max_walltime, Field::min_walltime}) {
    if (!job.has(field)) continue;
    if (const auto span = pbs::parse_walltime(job.raw(field))) return *span;
    return make_error(ErrorKind::protocol, "job '{}' has a walltime of '{}'", job.id(), printable(job.raw(field), 40));
  }
  return Seconds{0};
}

}  // namespace

std::string feature_of(std::string_view resource, std::string_view value) {
  if (resource == k_features_resource) return std::string(value);
  const std::string lower = to_lower(value);
  if (lower == "true" || lower == "t" || lower == "y" || value == "1") return std::string(resource);
  return fmt::format("{}={}", resource, value);
}

Result<Request> parse_select(std::string_view select, std::string_view place_text) {
  Request request;
  const Place place = parse_place(place_text);
  std::vector<Part> parts;
  for (const std::string_view text : split_outside_quotes(select, '+')) {
    if (text.empty() || parts.size() >= k_parts_max) return no_select(select);
    TIDE_TRY_ASSIGN(Part part, parse_part(text, request));
    parts.push_back(std::move(part));
  }
  core::Shape& shape = request.shape;
  if (!place.unjudged.empty()) shape.unjudged = place.unjudged;
  shape.exclusive = place.exclusive;
  if (place.pack) {
    TIDE_TRY_ASSIGN(core::Chunk chunk, packed(parts, request));
    shape.chunks.push_back(std::move(chunk));
    return request;
  }
  for (const Part& part : parts) {
    const bool apart = !place.scatter && !part.gpus.empty() && part.count > 1 && part.count <= k_single_chunks;
    if (apart) {
      shape.chunks.insert(shape.chunks.end(), static_cast<std::size_t>(part.count), one_node(part));
    } else if (place.scatter || !part.gpus.empty()) {
      shape.chunks.push_back(spread(part));
    } else {
      shape.chunks.push_back(freely(part));
    }
  }
  shape.apart = place.scatter && shape.chunks.size() > 1;
  return request;
}

Result<Request> request_of(const JobRecord& job) {
  std::string select = job.value(Field::schedselect);
  if (select.empty()) select = job.value(Field::select);
  if (select.empty()) select = plain_select(job);
  auto request = parse_select(select, job.value(Field::place));
  if (!request) return std::move(request).error().with_context(fmt::format("of job '{}'", job.id()));
  core::Shape& shape = request->shape;
  shape.queue = job.value(Field::queue);
  shape.account = job.value(Field::account);
  if (shape.account.empty() && job.raw(Field::project) != k_no_project) shape.account = job.value(Field::project);
  TIDE_TRY_ASSIGN(shape.walltime, walltime_of(job));
  shape.rerunnable = job.raw(Field::rerunnable) != "False";
  if (job.has(Field::reserve_id))
    request->bound = fmt::format("reservation {}", printable(job.value(Field::reserve_id), 80));
  return request;
}

}  // namespace tide::batch::openpbs

#include <tide/cloud/local/environment.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::local {

namespace {

constexpr const char* k_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/._,[]+-";
constexpr std::string_view k_digits = "0123456789ABCDEF";

std::string escape(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (k_plain.find(letter) != std::string_view::npos) {
      out += letter;
    } else {
      const auto byte = static_cast<unsigned char>(letter);
      out += '%';
      out += k_digits[byte >> 4U];
      out += k_digits[byte & 15U];
    }
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%' || at + 2 >= text.size()) {
      out += text[at];
      continue;
    }
    const std::size_t high = k_digits.find(text[at + 1]);
    const std::size_t low = k_digits.find(text[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

// "a100:2,t4:1"; GPUs without a type are "2".
std::string gpus_text(const core::Gpus& gpus) {
  std::vector<std::string> parts;
  for (const auto& [type, count] : gpus)
    parts.push_back(type.empty() ? std::to_string(count) : type + ":" + std::to_string(count));
  return join(parts, ",");
}

std::string value_or_empty(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::string encode_tags(const std::map<std::string, std::string>& tags) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : tags) pairs.push_back(escape(key) + "=" + escape(value));
  return join(pairs, "&");
}

std::map<std::string, std::string> decode_tags(std::string_view text) {
  std::map<std::string, std::string> tags;
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) tags[unescape(pair.substr(0, equals))] = unescape(pair.substr(equals + 1));
  }
  return tags;
}

std::string instance_id(const core::IntentId& intent, int index) {
  return index == 0 ? intent.value : intent.value + "-" + std::to_string(index);
}

Environment make_environment(const core::LaunchRequest& request, const Environment& configured, const Chosen& chosen) {
  Environment all = configured;
  all.emplace("PATH", k_path);
  all["TIDE_CLUSTER"] = value_or_empty(request.tags, core::tag::k_cluster);
  all["TIDE_OWNER"] = value_or_empty(request.tags, core::tag::k_owner);
  all["TIDE_HEAD"] = request.head;
  all["TIDE_POOL"] = request.pool.value;
  all["TIDE_NODE"] = request.names.at(static_cast<std::size_t>(chosen.index));
  all["TIDE_ADDRESS"] = chosen.address;
  all["TIDE_SLOTS"] = std::to_string(request.slots);
  all["TIDE_MEMORY_MIB"] = std::to_string(request.memory_mib);
  all["TIDE_GPUS"] = gpus_text(request.gpus);
  all["TIDE_FEATURES"] = join(request.features, ",");
  all[k_token] = chosen.id;
  // Our own notes.
  all["TIDE_CLOUD"] = request.cloud.value;
  all["TIDE_INDEX"] = std::to_string(chosen.index);
  all["TIDE_LAUNCHED_AT"] = format_time(chosen.now);
  all["TIDE_TAGS"] = encode_tags(request.tags);
  if (!request.types.empty()) all["TIDE_TYPE"] = request.types.front();
  return all;
}

std::optional<core::Instance> to_instance(const Environment& environment) {
  const auto launched_at = parse_time(value_or_empty(environment, "TIDE_LAUNCHED_AT"));
  const std::optional<std::int64_t> index = parse_integer(value_or_empty(environment, "TIDE_INDEX"));
  const std::string id = value_or_empty(environment, k_token);
  if (!launched_at || !index || id.empty()) return std::nullopt;
  core::Instance instance;
  instance.cloud.value = value_or_empty(environment, "TIDE_CLOUD");
  instance.id.value = id;
  instance.state = core::InstanceState::running;
  instance.type = value_or_empty(environment, "TIDE_TYPE");
  instance.launched_at = *launched_at;
  instance.launch_index = static_cast<int>(*index);
  instance.names = {value_or_empty(environment, "TIDE_NODE")};
  instance.address = value_or_empty(environment, "TIDE_ADDRESS");
  instance.addresses = {instance.address};
  instance.tags = decode_tags(value_or_empty(environment, "TIDE_TAGS"));
  return instance;
}

Environment decode_environment(std::string_view text) {
  Environment environment;
  for (const std::string_view line : split(text, '\0')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      environment.emplace(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
    }
  }
  return environment;
}

}  // namespace tide::cloud::local

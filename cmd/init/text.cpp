#include "cmd/init/answers.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

namespace tide::cmd::init {

namespace {

std::string answer(const Answers& answers, const std::string& name) {
  const auto found = answers.find(name);
  return found == answers.end() ? "" : found->second;
}

// A TOML string, whatever was typed.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20) continue;
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "\"";
}

std::string list(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string_view word : split(text, ',')) {
    if (!trim(word).empty()) words.push_back(quoted(trim(word)));
  }
  return "[" + join(words, ", ") + "]";
}

// "key = value", filled up so that the comments stand below each other; without a value as a proposal.
std::string line(const std::string& key, const std::string& value, const std::string& comment, bool active = true) {
  const std::string text = fmt::format("{}{} = {}", active ? "" : "# ", key, value);
  return comment.empty() ? text + "\n" : fmt::format("{:<40}  # {}\n", text, comment);
}

std::string variables(const Found& found, const std::string& table) {
  if (found.variables.empty()) return "";
  std::string text = "\n[" + table + "]\n";
  for (const auto& [name, value] : found.variables) text += line(name, quoted(value), "as in the shell of 'tide init'");
  return text;
}

std::string user_data(const Found& found, const Answers& answers) {
  const std::string given = answer(answers, "user-data");
  if (!given.empty()) return line("user_data", quoted(given), "what a machine runs to join");
  return line("user_data", quoted("/etc/tide/user-data.sh"),
              "what a machine runs to join; start from " + (found.examples.empty() ? "the examples'" : found.examples) +
                  "/user-data",
              false);
}

std::string cloud_text(const Found& found, const Answers& answers) {
  const std::string kind = answer(answers, "cloud");
  std::string text = "[clouds." + kind + "]\n" + line("kind", quoted(kind), "");
  if (kind == "ec2") {
    text += line("region", quoted(answer(answers, "region")), "");
    const bool file = found.credentials.ends_with("/credentials");
    text += line("credentials_file", quoted(file ? found.credentials : "/etc/tide/aws-credentials"),
                 "named, so that cron finds the same", file);
  } else if (kind == "nova") {
    text += line("cloud", quoted(answer(answers, "cloud-entry")), "an entry of clouds.yaml");
    const bool file = found.credentials.ends_with("/clouds.yaml");
    text += line("clouds_file", quoted(file ? found.credentials : "/etc/openstack/clouds.yaml"),
                 "named, so that cron finds the same", file);
  } else {
    text += line("command", list(answer(answers, "command")), "one machine is one such process");
    text += line("addresses", quoted("127.99.0.0/16"), "one each");
    text += variables(found, "clouds." + kind + ".env");
  }
  return text;
}

std::string pool_text(const Found& found, const Answers& answers) {
  const std::string kind = answer(answers, "cloud");
  std::string text = "[pools." + answer(answers, "pool") + "]\n" + line("cloud", quoted(kind), "");
  if (kind != "local") {
    text += line("image", quoted(answer(answers, "image")), "");
    text += line("types", list(answer(answers, "types")), "in order of preference");
  }
  text += line("slots", answer(answers, "slots"), "CPUs that one machine offers to jobs");
  text += line("memory", quoted(answer(answers, "memory")), "likewise; a little less than the machine has");
  text += line("price", "0.0", "of a machine and hour, for [money]", false);
  text += line("max", "0", "most machines of this pool; 0: only [scale] max_nodes", false);
  if (kind == "ec2") {
    text +=
        line("subnets", "[]", "", false) + line("security_groups", "[]", "", false) + line("key", "\"\"", "", false);
  }
  if (kind == "nova") {
    text += line("networks", "[]", "default: the project's only one", false) + line("key", "\"\"", "", false);
  }
  if (kind != "local") text += user_data(found, answers);
  return text;
}

}  // namespace

std::vector<Question> questions(const Found& found, const Answers& answers) {
  const std::string short_name = found.host.substr(0, found.host.find('.'));
  std::vector<Question> asked{
      {"name", "Name of the cluster", to_lower(short_name)},
      {"batch", "Batch system (slurm, torque, openpbs, htcondor, gridengine)", found.batch},
      {"head", "Name by which nodes reach this machine", found.host},
      {"cloud", "Kind of cloud (ec2, nova, local)", found.cloud},
      {"max-nodes", "Most machines at once", "10"},
      {"pool", "Name of the first pool", "small"},
      {"slots", "CPUs that one machine offers to jobs", "2"},
      {"memory", "Memory that one machine offers to jobs", "2GiB"},
  };
  const std::string kind = answer(answers, "cloud");
  if (kind == "ec2") asked.push_back({"region", "Region, as in eu-central-1", ""});
  if (kind == "nova") asked.push_back({"cloud-entry", "Entry of clouds.yaml", "openstack"});
  if (kind == "ec2" || kind == "nova") {
    asked.push_back({"image", kind == "ec2" ? "Image, as in ami-0abc" : "Image, by name or ID", ""});
    asked.push_back({"types", kind == "ec2" ? "Instance types, by comma" : "Flavors, by comma", ""});
  }
  if (kind == "local") {
    const std::string batch = answer(answers, "batch");
    const std::string node = (batch == "htcondor" || batch == "gridengine" ? batch : "slurm") + "-node";
    asked.push_back(
        {"command", "Command that is a machine", found.examples.empty() ? "" : found.examples + "/local/" + node});
  }
  return asked;
}

std::string config_text(const Found& found, const Answers& answers, const std::string& state_dir) {
  std::string text =
      "# Written by 'tide init'. 'man 5 tide.toml' or 'tide config keys' has every key; 'tide config check' judges "
      "this "
      "file,\n# and 'tide doctor' what it names.\n\n[cluster]\n";
  text += line("name", quoted(answer(answers, "name")), "in tags, notes and names of nodes");
  text += line("batch", quoted(answer(answers, "batch")), "");
  text += line("head", quoted(answer(answers, "head")), "must resolve on the nodes");
  text += line("state_dir", quoted(state_dir), "a local disk; its owner runs tide");
  text += variables(found, "batch.env");
  text += "\n[scale]\n";
  text += line("max_nodes", answer(answers, "max-nodes"), "most machines at once, those that boot included");
  text += line("idle_time", "\"10m\"", "an idle machine ends after this", false);
  text += line("boot_deadline", "\"15m\"", "one that has not joined by then is ended", false);
  if (answer(answers, "cloud") != "local")
    text += "\n# [money]\n" + line("currency", "\"USD\"", "", false) +
            line("per_hour", "5.0", "no launch beyond it; pools then need a price", false);
  return text + "\n" + cloud_text(found, answers) + "\n" + pool_text(found, answers);
}

}  // namespace tide::cmd::init

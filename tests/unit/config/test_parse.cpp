#include <tide/config/config.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::config;
TEST_SUITE_BEGIN("config/parse");

namespace {

constexpr KeySpec k_cloud[]{{.section = "clouds.*", .name = "region", .help = "The region", .required = true},
                            {.section = "clouds.*", .name = "credentials_file", .help = "File"}};
constexpr KeySpec k_pool[]{
    {.section = "pools.*", .name = "subnets", .type = KeyType::list, .help = "Subnets"},
    {.section = "pools.*", .name = "key", .help = "SSH key"},
    {.section = "pools.*", .name = "disk", .type = KeyType::size, .fallback = "\"20GiB\"", .help = "Disk"}};
constexpr KeySpec k_local[]{
    {.section = "clouds.*", .name = "command", .type = KeyType::list, .help = "Command", .required = true}};
constexpr AdapterKeys k_adapters[]{
    {.kind = "ec2", .cloud_keys = k_cloud, .pool_keys = k_pool, .batch_keys = {}},
    {.kind = "local", .cloud_keys = k_local, .pool_keys = {}, .batch_keys = {}},
    {.kind = "slurm", .cloud_keys = {}, .pool_keys = {}, .batch_keys = {}, .is_batch = true}};

const std::string k_good = R"([cluster]
name  = "physics"
batch = "slurm"
head  = "head.physics.example"

[batch]
queues = ["cloud"]
timeout = "45s"
env = { SLURM_CONF = "/etc/slurm.conf" }

[scale]
max_nodes = 40

[money]
per_hour = 5.0

[clouds.aws]
kind = "ec2"
region = "eu-central-1"
[clouds.aws.env]
AWS_EC2_METADATA_DISABLED = "true"

[pools.small]
cloud = "aws"
image = "ami-0abc"
types = ["c7i.xlarge", "c6i.xlarge"]
slots = 4
memory = "7GiB"
gpus = "a100:2"
features = ["CLOUD"]
market = "spot"
max_price = 0.11
price = 0.17
max = 32
subnets = ["subnet-1", "subnet-2"]
)";

Result<Config> read(const std::string& text) { return parse({.path = "tide.toml", .text = text}, k_adapters); }

// The good file with one line changed, and what is then told.
std::string with(const std::string& from, const std::string& to) {
  std::string text = k_good;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Told {
  std::string message;
  std::string hint;
};

Told told(const std::string& text) {
  const auto config = read(text);
  REQUIRE_FALSE(config);
  CHECK(config.error().kind == ErrorKind::config);
  CHECK_MESSAGE(config.error().context.empty(), config.error().context.front());
  return {config.error().message, config.error().hint};
}

}  // namespace

TEST_CASE("parse: a whole file") {
  const auto config = read(k_good);
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->state_dir == "/var/lib/tide/physics");
  CHECK(config->batch.timeout == std::chrono::seconds(45));
  CHECK(config->batch.environment.at("SLURM_CONF") == "/etc/slurm.conf");
  const auto& settings = config->settings;
  CHECK(settings.head == "head.physics.example");
  CHECK(settings.queues == std::vector<std::string>{"cloud"});
  CHECK(settings.scale.max_nodes == 40);
  CHECK(settings.scale.idle_time == std::chrono::minutes(10));
  CHECK(settings.scale.max_end_per_pass.percent == 20);
  CHECK(settings.money.per_hour_micros == 5'000'000);
  const auto& cloud = config->clouds.at({"aws"});
  CHECK(cloud.option("region") == "eu-central-1");
  CHECK(cloud.option("endpoint").empty());
  CHECK(cloud.where == "tide.toml:17");
  CHECK(cloud.environment.at("AWS_EC2_METADATA_DISABLED") == "true");
  const auto& pool = settings.pools.at({"small"});
  CHECK(pool.memory_mib == 7168);
  CHECK(pool.gpus == core::Gpus{{"a100", 2}});
  CHECK(pool.market == core::Market::spot);
  CHECK(pool.max_price == "0.11");
  CHECK(pool.price_micros == 170'000);
  CHECK(pool.names == "{cluster}-{pool}-{n:04}");
  CHECK(pool.zones == std::vector<std::string>{"subnet-1", "subnet-2"});
  CHECK(pool.options.at("disk") == std::vector<std::string>{"20GiB"});
  CHECK(pool.options.count("key") == 0);
}

TEST_CASE("parse: a pool for certain accounts") {
  const auto config = read(with("market = \"spot\"", "market = \"spot\"\naccounts = [\"phys\", \"chem\"]"));
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->settings.pools.at({"small"}).accounts == std::vector<std::string>{"phys", "chem"});
  CHECK(read(k_good)->settings.pools.at({"small"}).accounts.empty());
}

TEST_CASE("parse: the same text gives the same settings") {
  const auto once = read(k_good);
  const auto twice = read(k_good);
  REQUIRE(once);
  REQUIRE(twice);
  CHECK(once->settings == twice->settings);
}

TEST_CASE("parse: money is never a binary fraction") {
  const std::pair<const char*, std::int64_t> k_prices[]{
      {"0.1", 100'000},  {"0.07", 70'000},    {"1", 1'000'000}, {"\"0.000001\"", 1},
      {"0.29", 290'000}, {"4.35", 4'350'000}, {"0.0", 0},       {"12345.678901", 12'345'678'901}};
  for (const auto& [text, micros] : k_prices) {
    CAPTURE(text);
    const auto config = read(with("price = 0.17", std::string("price = ") + text));
    REQUIRE(config);
    CHECK(config->settings.pools.at({"small"}).price_micros == micros);
  }
  for (const char* text : {"0.1234567", "-0.5", "1e-7", "nan", "inf", "\"1,5\"", "\"\""}) {
    CAPTURE(text);
    const auto what = told(with("price = 0.17", std::string("price = ") + text));
    CHECK(what.message.starts_with("tide.toml:33:9: price = '"));
  }
}

TEST_CASE("parse: an unknown key is told with its place and the nearest known one") {
  auto what = told(with("max_nodes = 40", "max_nodes = 40\nidle_tme = \"5m\""));
  CHECK(what.message == "tide.toml:13:1: unknown key 'idle_tme' in [scale]");
  CHECK(what.hint == "Did you mean 'idle_time'?");
  what = told(with("max_nodes = 40", "max_nodes = 40\nregion = \"x\""));
  CHECK(what.hint == "'region' belongs below [clouds.NAME].");
  what = told(with("max_nodes = 40", "max_nodes = 40\nqqqq = 1"));
  CHECK(what.hint == "Run 'tide config keys' to list the keys.");
}

TEST_CASE("parse: how names are resolved") {
  const auto names_of = [](const std::string& lines) {
    const auto config = read(with("[money]", "[names]\n" + lines + "\n[money]"));
    REQUIRE(config);
    return config->names;
  };
  CHECK(names_of("").method == NamesMethod::batch);
  CHECK(names_of("method = \"hosts\"").file == "/etc/hosts");
  CHECK(names_of("method = \"hosts\"\nfile = \"/srv/hosts\"").file == "/srv/hosts");
  CHECK(names_of("method = \"dnsmasq\"\nfile = \"/srv/dns/hosts\"").method == NamesMethod::dnsmasq);
  const auto command = names_of("method = \"command\"\ncommand = [\"/bin/dns\", \"-x\"]");
  CHECK(command.command == std::vector<std::string>{"/bin/dns", "-x"});
  CHECK(command.file.ends_with("/hosts"));
  for (const char* wrong :
       {"method = \"command\"", "method = \"dnsmasq\"", "method = \"hosts\"\nfile = \"hosts\"", "file = \"/srv/hosts\"",
        "command = [\"/bin/dns\"]", "method = \"nis\"", "method = \"command\"\ncommand = [\"dns\"]",
        "method = \"command\"\ncommand = [\"/bin/dns\"]\nfile = \"/srv/hosts\""}) {
    CAPTURE(wrong);
    CHECK_FALSE(told(with("[money]", std::string("[names]\n") + wrong + "\n[money]")).hint.empty());
  }
}

TEST_CASE("parse: what the design has and this version has not is told as such") {
  const std::pair<std::string, std::string> k_later[]{{"batch = \"slurm\"", "batch = \"exec\""},
                                                      {"kind = \"ec2\"", "kind = \"google\""},
                                                      {"max_nodes = 40", "max_nodes = 40\npolicy = \"ahead\""},
                                                      {"max = 32", "ready = \"/bin/true\""},
                                                      {"max = 32", "address = \"storage-net\""}};
  for (const auto& [from, to] : k_later) {
    CAPTURE(to);
    const auto what = told(with(from, to));
    CHECK_MESSAGE(what.message.find("not in this version") != std::string::npos, what.message);
    CHECK_FALSE(what.hint.empty());
  }
}

TEST_CASE("parse: wrong types, values and ranges") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const Case k_cases[]{
      {"max_nodes = 40", "max_nodes = \"40\"", "tide.toml:12:13: 'max_nodes' must be a number"},
      {"max_nodes = 40", "max_nodes = -1", "tide.toml:12:13: max_nodes = '-1' is no number"},
      {"max_nodes = 40", "", "tide.toml:11:2: [scale] has no 'max_nodes'"},
      {"timeout = \"45s\"", "timeout = 45", "tide.toml:8:11: 'timeout' must be a duration"},
      {"timeout = \"45s\"", "timeout = \"45\"", "tide.toml:8:11: timeout = '45' is no duration"},
      {"timeout = \"45s\"", "timeout = \"0s\"", "tide.toml:8:11: timeout must be at least 1s"},
      {"queues = [\"cloud\"]", "queues = \"cloud\"", "tide.toml:7:10: 'queues' must be a list"},
      {"memory = \"7GiB\"", "memory = \"7\"", "tide.toml:28:10: memory = '7' is no size"},
      {"slots = 4", "slots = 0", "tide.toml:27:9: slots must be at least 1"},
      {"gpus = \"a100:2\"", "gpus = \"a100:x\"", "tide.toml:29:8: gpus = 'a100:x' is not understood"},
      {"gpus = \"a100:2\"", "gpus = \"a100:2,a100:1\"", "tide.toml:29:8: gpus = 'a100:2,a100:1' is not understood"},
      {"features = [\"CLOUD\"]", "features = [\"a&b\"]", "tide.toml:30:12: feature 'a&b' is no plain word"},
      {"market = \"spot\"", "market = \"sport\"", "tide.toml:31:10: market = 'sport' is not known"},
      {"max = 32", "max = 3\nmin = 4", "tide.toml:35:7: min = 4 is more than max = 3"},
      {"max = 32", "min = 41", "tide.toml:12:13: the pools' min add up to 41, more than max_nodes = 40"},
      {"max_nodes = 40", "max_nodes = 4\nmin_nodes = 5", "tide.toml:13:13: min_nodes = 5 is more than max_nodes = 4"},
      {"max_nodes = 40", "max_nodes = 40\nmax_end_per_pass = \"0%\"",
       "tide.toml:13:20: max_end_per_pass = '0%' is no percent"},
      {"max_nodes = 40", "max_nodes = 40\nboot_deadline = \"0s\"",
       "tide.toml:13:17: boot_deadline must be at least 1s"},
      {"cloud = \"aws\"", "cloud = \"awss\"", "tide.toml:24:9: cloud = 'awss': there is no [clouds.awss]"},
      {"max = 32", "names = \"x\"", "tide.toml:34:9: names 'x': nothing tells the machines apart"},
      {"max = 32", "names = \"n[1-3]\"\nmin = 4", "tide.toml:34:9: names has 3 names, fewer than min = 4"},
      {"head  = \"head.physics.example\"", "",
       "tide.toml:1:2: [cluster] has no 'head', which the machines of every pool need"},
      {"head  = \"head.physics.example\"", "head = \"a b\"", "tide.toml:4:8: head = 'a b' is no host name or address"},
      {"name  = \"physics\"", "name = \"phy.sics\"", "tide.toml:2:8: name = 'phy.sics' is no name of a cluster"},
      {"batch = \"slurm\"", "batch = \"slrum\"", "tide.toml:3:9: batch = 'slrum' is not known"},
      {"[money]", "[mony]", "tide.toml:14:2: unknown table [mony]"},
      {"region = \"eu-central-1\"", "", "tide.toml:17:9: [clouds.aws] has no 'region'"},
      {"kind = \"ec2\"", "kind = \"ec3\"", "tide.toml:18:8: kind = 'ec3' is not known"},
      {"[batch]", "[batch]\nbin_dir = \"bin\"", "tide.toml:7:11: bin_dir must be an absolute path"},
      {"[cluster]", "x = 1\n[cluster]", "tide.toml:1:1: 'x' stands outside of any table"},
  };
  for (const auto& item : k_cases) {
    const std::string to = item.to;
    CAPTURE(to);
    const std::string message = item.message;
    const auto what = told(with(item.from, item.to));
    CHECK(what.message == message);
  }
}

TEST_CASE("parse: max_price on demand is refused") {
  CHECK(told(with("market = \"spot\"", "market = \"on-demand\"")).message ==
        "tide.toml:32:13: 'max_price' is for spot machines");
}

TEST_CASE("parse: what is no TOML is told once, with its place") {
  for (const char* text : {"[cluster\n", "name = ", "[a]\nx = 1\nx = 2\n", "\xff\xfe", "<html></html>"}) {
    CAPTURE(text);
    const auto config = read(text);
    REQUIRE_FALSE(config);
    CHECK_MESSAGE(config.error().message.find(": not TOML: ") != std::string::npos, config.error().message);
    CHECK(config.error().context.empty());
  }
}

TEST_CASE("parse: cut anywhere, it is a configuration or an error that says where") {
  for (std::size_t length = 0; length < k_good.size(); ++length) {
    CAPTURE(length);
    const auto config = read(k_good.substr(0, length));
    if (config) continue;
    CHECK(config.error().kind == ErrorKind::config);
    CHECK(config.error().message.starts_with("tide.toml:"));
    CHECK(config.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("parse: an empty file names what it lacks") {
  const auto config = read("");
  REQUIRE_FALSE(config);
  CHECK(config.error().message == "tide.toml: [cluster] has no 'name'");
  CHECK(config.error().context.size() == 2);  // batch, max_nodes
}

TEST_CASE("parse: every problem is told at once, in the order of the file") {
  const auto config = read(with("slots = 4", "slots = 0\nslosts = 1") + "nmaes = \"x\"\n");
  REQUIRE_FALSE(config);
  CHECK(config.error().message == "tide.toml:27:9: slots must be at least 1");
  REQUIRE(config.error().context.size() == 2);
  CHECK(config.error().context[0] ==
        "also tide.toml:28:1: unknown key 'slosts' in [pools.small] (Did you mean 'slots'?)");
  CHECK(config.error().context[1] ==
        "also tide.toml:37:1: unknown key 'nmaes' in [pools.small] (Did you mean 'names'?)");
}

TEST_CASE("parse: pools that share a name are refused") {
  const auto what = told(with("max = 32", "max = 32\nnames = \"n{n}\"") +
                         "[pools.tall]\ncloud = \"aws\"\nslots = 1\nnames = \"n[7-9]\"\n");
  CHECK(what.message == "tide.toml:40:9: pools 'small' and 'tall' would both name a machine 'n7'");
}

TEST_CASE("parse: a pool knows only the keys of its own cloud") {
  const auto what = told(with("[money]", "[clouds.here]\nkind = \"local\"\ncommand = [\"/bin/true\"]\n[money]") +
                         "[pools.l]\ncloud = \"here\"\nslots = 1\nsubnets = [\"s\"]\n");
  CHECK(what.message == "tide.toml:42:1: unknown key 'subnets' in [pools.l]");
  CHECK(what.hint == "'subnets' belongs to another kind of cloud or batch system.");
}

TEST_CASE("warnings: a pool that a cap keeps from launching, a cloud without pools") {
  auto config = read(with("price = 0.17", "") + "[clouds.here]\nkind = \"local\"\ncommand = [\"/bin/true\"]\n");
  REQUIRE(config);
  const auto told = warnings(*config);
  REQUIRE(told.size() == 2);
  CHECK(told[0] == "[pools.small] has no price: under [money] per_hour it launches nothing");
  CHECK(told[1].starts_with("[clouds.here] has no pool"));
}

TEST_CASE("common_keys: each has help, and its fallback is a value of its type") {
  for (const auto& key : common_keys()) {
    CAPTURE(key.name);
    CHECK_FALSE(key.help.empty());
    CHECK_FALSE(key.help.ends_with('.'));
    CHECK((!key.required || key.fallback.empty()));
    CHECK((key.type == KeyType::choice) == !key.choices.empty());
  }
}

TEST_SUITE_END();

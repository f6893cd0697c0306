#include <tide/config/config.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

using namespace tide;
using namespace tide::config;
TEST_SUITE_BEGIN("config/load");

namespace {

constexpr KeySpec k_local[]{{.section = "clouds.*", .name = "command", .type = KeyType::list, .help = "Command"},
                            {.section = "clouds.*", .name = "credentials_file", .help = "File"}};
constexpr AdapterKeys k_adapters[]{
    {.kind = "local", .cloud_keys = k_local, .pool_keys = {}, .batch_keys = {}},
    {.kind = "slurm", .cloud_keys = {}, .pool_keys = {}, .batch_keys = {}, .is_batch = true}};

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/tide-config-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    m_path = name;
  }
  ~Folder() { std::filesystem::remove_all(m_path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string put(const std::string& name, const std::string& text, unsigned mode = 0644) const {
    const std::string path = m_path + "/" + name;
    REQUIRE(write_file_atomically(path, text, {.mode = mode}));
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
};

std::string config_text(const std::string& more = {}) {
  return "[cluster]\nname = \"c\"\nbatch = \"slurm\"\nhead = \"h\"\n[scale]\nmax_nodes = 1\n[clouds.here]\nkind = "
         "\"local\"\n" +
         more + "[pools.p]\ncloud = \"here\"\nslots = 1\nuser_data = \"worker.sh\"\n";
}

}  // namespace

TEST_CASE("load: reads the user data beside the file") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\nexec join @TIDE_HEAD@\n");
  const auto config = load(folder.put("tide.toml", config_text()), k_adapters);
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->settings.pools.at({"p"}).user_data == "#!/bin/sh\nexec join @TIDE_HEAD@\n");
}

TEST_CASE("load: user data that is missing, unknown words, secrets") {
  const Folder folder;
  const auto path = folder.put("tide.toml", config_text());
  auto config = load(path, k_adapters);
  REQUIRE_FALSE(config);
  CHECK(config.error().kind == ErrorKind::config);
  CHECK(config.error().message.find("worker.sh") != std::string::npos);

  const auto script = folder.put("worker.sh", "#!/bin/sh\necho @TIDE_KEY@\n");
  config = load(path, k_adapters);
  REQUIRE_FALSE(config);
  CHECK(config.error().message == script + ":2: '@TIDE_KEY@' is not known");

  for (const char* line : {"export AWS_SECRET_ACCESS_KEY=abcdef", "key AKIAIOSFODNN7EXAMPLE",
                           "-----BEGIN OPENSSH PRIVATE KEY-----", "mysql --password=hunter2", "token: \"abc\""}) {
    CAPTURE(line);
    folder.put("worker.sh", std::string("#!/bin/sh\n") + line + "\n");
    config = load(path, k_adapters);
    REQUIRE_FALSE(config);
    CHECK(config.error().message.starts_with(script + ":2: user data holds "));
    CHECK(config.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("find_secret: a munge key, wherever its file's name stands") {
  const std::string blob = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
  for (const std::string& text :
       {"echo " + blob + " | base64 -d >/etc/munge/munge.key",
        "write_files:\n- path: /etc/munge/munge.key\n  content: " + blob,
        "write_files:\n- content: !!binary |\n    " + blob + "\n  path: /etc/munge/munge.key"}) {
    CAPTURE(text);
    const auto found = find_secret(text);
    REQUIRE(found);
    CHECK(found->what == "a munge key");
  }
  CHECK_FALSE(find_secret("scp head:/etc/munge/munge.key /etc/munge/munge.key"));
  CHECK_FALSE(find_secret("echo " + blob));
  CHECK_FALSE(find_secret("chmod 400 /etc/munge/munge.key\n\n\n\n\n\necho " + blob));
}

TEST_CASE("find_secret: names of secrets that are not written out are no secrets") {
  for (const char* line :
       {"password=$(fetch)", "TOKEN=$TOKEN", "secret_file=/etc/x", "# password=x", "echo tokenizer=1",
        "password=", "token=\"$(curl -s x)\"", "XAKIAIOSFODNN7EXAMPLE1", "munge.key", "token=`cat x`"}) {
    CAPTURE(line);
    CHECK_FALSE(find_secret(line));
  }
}

TEST_CASE("load: a file with a secret that others may read is refused") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\n");
  const std::string text = config_text("[clouds.here.env]\nAPI_TOKEN = \"abc\"\n");
  auto config = load(folder.put("tide.toml", text, 0644), k_adapters);
  REQUIRE_FALSE(config);
  CHECK(config.error().message.find(":10: the file holds a password, secret or token and may be read by everybody") !=
        std::string::npos);
  config = load(folder.put("tide.toml", text, 0640), k_adapters);
  CHECK_MESSAGE(config, config.error().message);
}

TEST_CASE("load: a credentials file that others may read is refused") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\n");
  const auto file = folder.put("credentials", "x\n", 0604);
  const auto path = folder.put("tide.toml", config_text("credentials_file = \"" + file + "\"\n"));
  const auto config = load(path, k_adapters);
  REQUIRE_FALSE(config);
  CHECK(config.error().hint == "Run: chmod o-rwx '" + file + "'");
  folder.put("credentials", "x\n", 0600);
  CHECK(load(path, k_adapters));
}

TEST_CASE("load: a file that is not there is an error of kind config") {
  const auto config = load("/nonexistent/tide.toml", k_adapters);
  REQUIRE_FALSE(config);
  CHECK(config.error().kind == ErrorKind::config);
  CHECK_FALSE(config.error().hint.empty());
}

TEST_CASE("find_file: -c, then TIDE_CONFIG, then the usual places") {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/tide");
  const auto file = folder.put("tide/tide.toml", "");
  CHECK(*find_file("x.toml", {{"TIDE_CONFIG", "y.toml"}}) == "x.toml");
  CHECK(*find_file("", {{"TIDE_CONFIG", "y.toml"}}) == "y.toml");
  if (file_exists("/etc/tide/tide.toml")) return;
  CHECK(*find_file("", {{"XDG_CONFIG_HOME", folder.path()}}) == file);
  const auto none = find_file("", {{"XDG_CONFIG_HOME", "/nonexistent"}});
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::config);
  CHECK(none.error().context.size() == 2);
}

TEST_SUITE_END();

TEST_CASE("prices: of the cloud's table, where a pool has none; and what spot pools bid by them") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\n");
  folder.put("prices", "# as of today\nlarge  0.10\nhuge\t0.25  # dear\n");
  const std::string pools =
      "prices = \"prices\"\n"
      "[spot]\nbid = 1.5\n"
      "[pools.table]\ncloud = \"here\"\nslots = 1\ntypes = [\"large\", \"huge\"]\nspot_pool = \"spare\"\n"
      "[pools.own]\ncloud = \"here\"\nslots = 1\ntypes = [\"large\"]\nprice = 0.2\n"
      "[pools.unlisted]\ncloud = \"here\"\nslots = 1\ntypes = [\"large\", \"odd\"]\nspot_pool = \"capped\"\n"
      "[pools.spare]\ncloud = \"here\"\nslots = 1\ntypes = [\"huge\", \"odd\"]\nmarket = \"spot\"\n"
      "[pools.capped]\ncloud = \"here\"\nslots = 1\ntypes = [\"large\"]\nmarket = \"spot\"\nmax_price = 0.07\n";
  const auto config = load(folder.put("tide.toml", config_text(pools)), k_adapters);
  REQUIRE_MESSAGE(config, config.error().message);
  const auto& found = config->settings.pools;
  using Prices = std::map<std::string, std::int64_t>;
  CHECK(found.at({"table"}).on_demand == Prices{{"huge", 250'000}, {"large", 100'000}});
  CHECK(found.at({"table"}).price_micros == 250'000);  // the most that it may cost
  CHECK(found.at({"own"}).on_demand == Prices{{"large", 200'000}});
  CHECK(found.at({"own"}).price_micros == 200'000);
  CHECK_FALSE(found.at({"unlisted"}).price_micros.has_value());
  CHECK(found.at({"spare"}).on_demand == Prices{{"huge", 250'000}, {"odd", 100'000}});
  CHECK(found.at({"spare"}).bids == Prices{{"huge", 375'000}, {"odd", 150'000}});
  CHECK_FALSE(found.at({"spare"}).price_micros.has_value());  // the market says
  CHECK(found.at({"capped"}).bids.empty());
}

TEST_CASE("prices: a table that is not there, or is none, is an error with its line") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\n");
  const std::string path = folder.put("tide.toml", config_text("prices = \"prices\"\n"));
  const auto error = [&] {
    const auto config = load(path, k_adapters);
    return config ? std::string() : config.error().message;
  };
  CHECK(error().find("prices") != std::string::npos);
  for (const auto& [text, message] : {std::pair{"large 0.1\nhuge\n", "prices:2: 'huge' is no type and price"},
                                      {"large cheap\n", "prices:1: 'large cheap' is no type and price"},
                                      {"large 0.1\nlarge 0.2\n", "prices:2: 'large' has a price already"}}) {
    folder.put("prices", text);
    CHECK(error().find(message) != std::string::npos);
  }
}

TEST_CASE("spot: pools and shares that cannot be meant are told") {
  const Folder folder;
  folder.put("worker.sh", "#!/bin/sh\n");
  const auto error = [&](const std::string& more) {
    const auto config = load(folder.put("tide.toml", config_text(more)), k_adapters);
    if (config) return std::string();
    std::string text = config.error().message;
    for (const std::string& line : config.error().context) text += "\n" + line;
    return text;
  };
  const auto pool = [](const std::string& keys) { return "[pools.q]\ncloud = \"here\"\n" + keys; };
  const auto tells = [&](const std::string& more, const std::string& message) {
    CAPTURE(more);
    CHECK(error(more).find(message) != std::string::npos);
  };
  CHECK(error(pool("slots = 1\n")).empty());
  tells(pool("slots = 1\nextra = 1\n"), "'extra' is for spot machines");
  tells(pool("slots = 1\nmarket = \"spot\"\nspot_pool = \"p\"\n"), "'spot_pool' is for on-demand machines");
  tells(pool("slots = 1\nspot_pool = \"x\"\n"), "spot_pool = 'x': there is no [pools.x]");
  tells(pool("slots = 1\nspot_pool = \"p\"\n"), "spot_pool = 'p' is no spot pool");
  tells(pool("slots = 2\nspot_pool = \"s\"\n") + "[pools.s]\ncloud = \"here\"\nmarket = \"spot\"\nslots = 1\n",
        "spot_pool = 's' offers fewer slots");
  tells(pool("slots = 1\npaid_period = \"30s\"\n"), "paid_period is less than 1m");
  tells("[spot]\nbid = 11\n", "bid must be from 0.001 to 10");
  tells("[spot]\nreplace_below = 0\n", "replace_below must be from 0.001 to 10");
  tells("[spot]\nextra_below = 0.5\n", "keep_below is less than extra_below");
}

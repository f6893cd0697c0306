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

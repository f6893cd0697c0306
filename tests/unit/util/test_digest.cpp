#include <tide/util/digest.hpp>
#include <tide/util/secret.hpp>

#include <doctest/doctest.h>

#include <utility>

using namespace tide;

TEST_SUITE_BEGIN("util/digest");

TEST_CASE("sha256 and hmac_sha256: the published vectors") {
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231
  CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(to_hex(hmac_sha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  CHECK(to_hex(std::string("\0\xff\x1a", 3)) == "00ff1a");
}

TEST_CASE("base64: RFC 4648's vectors, there and back") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text) == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(base64_decode(base64_encode(all)) == all);
  CHECK(base64_decode("Zm9v\r\nYmFy\n") == "foobar");
  CHECK(base64_decode("Zm9v!YmFy") == "foo");
}

TEST_CASE("Secret: never shown, moved without a copy left behind") {
  Secret secret("hunter2");
  CHECK(fmt::format("{} {:>10}", secret, secret) == "[secret]   [secret]");
  CHECK(secret.reveal() == "hunter2");
  const Secret copy = secret;
  CHECK(copy == secret);
  Secret moved = std::move(secret);
  CHECK(moved.reveal() == "hunter2");
  CHECK(secret.empty());  // NOLINT(bugprone-use-after-move): what is tested
  Secret target("old");
  target = std::move(moved);
  CHECK(target.reveal() == "hunter2");
  CHECK(moved.empty());  // NOLINT(bugprone-use-after-move)
}

#include "tests/support/fake_transport.hpp"

#include <doctest/doctest.h>

using namespace tide;
using test::Fault;

TEST_SUITE_BEGIN("net/fake_transport");

TEST_CASE("FaultyTransport: each fault is what it says, to the peer and to the caller") {
  int acted = 0;
  test::FakeTransport peer([&](const net::Request& request) -> Result<net::Response> {
    ++acted;
    return net::Response{.status = 200, .headers = {}, .body = "body of " + request.url};
  });
  test::FaultyTransport faulty(peer, {Fault::drop_before, Fault::lose_reply, Fault::truncate, Fault::cut_quietly,
                                      Fault::html_502, Fault::hang, Fault::hang_before});
  const std::vector<net::Request> requests(8, net::Request{.url = "/x"});
  const auto results = faulty.perform(requests);
  CHECK(acted == 5);
  CHECK(peer.requests.size() == 5);
  CHECK(faulty.count() == 8);
  CHECK(results[0].error().kind == ErrorKind::retry);
  CHECK(results[1].error().kind == ErrorKind::retry);
  CHECK(results[2].error().kind == ErrorKind::retry);
  CHECK(results[3].value().body == "body ");
  CHECK(results[4].value().status == 502);
  CHECK(results[4].value().header("content-type") == "text/html");
  CHECK(results[5].error().kind == ErrorKind::timeout);
  CHECK(results[6].error().kind == ErrorKind::timeout);
  CHECK(results[7].value().body == "body of /x");
}

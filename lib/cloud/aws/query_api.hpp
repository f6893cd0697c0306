#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/cloud/aws/pace.hpp>
#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tide::cloud::aws {

enum class SignatureVersion { v4, v2 };

// One service of one region, as [clouds.x] describes it.
struct Service {
  std::string cloud;  // name of [clouds.x], for messages
  std::string name;   // "ec2": the signature's service
  std::string region;
  std::string endpoint;  // URL, with a path or without
  std::string version;   // of the API
  std::string ca_file;
  std::string proxy;
  SignatureVersion signature = SignatureVersion::v4;

  bool operator==(const Service&) const = default;
};

struct Answer {
  Result<std::string> body{std::string()};  // the XML of a 2xx
  std::string code;                         // the peer's own word for the failure; "" if it gave none
  std::string peer_message;                 // its message, in full
  std::string request_id;
  std::string date;  // the peer's Date header
};

// What the peer answered, without the HTTP around it. Errors of kind retry and timeout: the call may or may not have
// been done. A clock that is off by more than 4 minutes is found from the reply's Date, and such calls are signed anew,
// once; so are those that are refused because their credentials have expired. Credentials without an access key leave
// the call unsigned. Each call keeps to the pace, and waits its turn for that; what may not be sent is of kind unsent.
class QueryApi {
 public:
  QueryApi(Service service, std::shared_ptr<CredentialSource> credentials, net::Transport& transport, Clock& clock,
           Pace pace = {});

  const Service& service() const { return m_service; }
  const std::string& identity() const { return m_identity; }  // the last call's credentials, described; "" before it

  std::string notice() const;                                         // of a clock that is off; "" if it is not
  const std::map<std::string, int>& calls() const { return m_sent; }  // by action, repeats included
  Seconds skew() const { return m_skew; }  // the peer's clock minus ours, as far as it is known

  // All side by side; one answer a call, in order.
  std::vector<Answer> call(std::span<const Call> calls);

 private:
  std::vector<Result<net::Response>> send(std::span<const Call> calls, const Credentials& credentials);
  void flush(std::span<const Call> calls, const Credentials& credentials,
             std::vector<Result<net::Response>>& responses);
  net::Request request_for(const Call& call, const Credentials& credentials) const;
  void repeat(std::span<const Call> calls, const Credentials& credentials, std::vector<Answer>& answers,
              bool (*refused)(std::string_view code));
  bool repair_clock(const std::vector<Result<net::Response>>& responses, const std::vector<Answer>& answers);
  Answer answer_of(const Call& call, const Result<net::Response>& response, const Credentials& with) const;

  Service m_service;
  std::shared_ptr<CredentialSource> m_credentials;
  net::Transport& m_transport;
  Clock& m_clock;
  Pace m_pace;
  std::map<std::string, int> m_sent;
  std::string m_identity;
  Seconds m_skew{0};  // the peer's clock minus ours
};

// "Action=X&Version=Y&..."; a space is '+', as botocore writes it.
std::string form_body(const Call& call, const std::string& version);

}  // namespace tide::cloud::aws

#include <tide/cloud/aws/sigv2.hpp>

#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cloud::aws {

std::string string_to_sign_v2(const std::string& method, const std::string& url, const FormParameters& parameters) {
  const auto parts = net::split_url(url);
  std::string text = method + "\n";
  if (parts) text += parts->authority() + "\n" + parts->path + "\n";
  FormParameters sorted = parameters;
  std::ranges::sort(sorted);
  bool first = true;
  for (const auto& [name, value] : sorted) {
    if (name == "Signature") continue;
    if (!first) text += '&';
    first = false;
    text.append(net::percent_encode(name)).append("=").append(net::percent_encode(value));
  }
  return text;
}

FormParameters sign_v2(const std::string& method, const std::string& url, FormParameters parameters,
                       const Credentials& credentials, TimePoint time) {
  parameters.emplace_back("AWSAccessKeyId", credentials.access_key);
  parameters.emplace_back("SignatureVersion", "2");
  parameters.emplace_back("SignatureMethod", "HmacSHA256");
  parameters.emplace_back("Timestamp", format_time(time));
  if (!credentials.session_token.empty()) {
    parameters.emplace_back("SecurityToken", credentials.session_token.reveal());
  }
  const std::string text = string_to_sign_v2(method, url, parameters);
  parameters.emplace_back("Signature", base64_encode(hmac_sha256(credentials.secret_key.reveal(), text)));
  return parameters;
}

}  // namespace tide::cloud::aws

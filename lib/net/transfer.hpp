#pragma once

#include <tide/net/curl_transport.hpp>

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>

namespace tide::net {

// One request on its way, with the buffers that curl writes into; stays where it is until done.
class Transfer {
 public:
  static Result<std::unique_ptr<Transfer>> make(const Request& request, std::chrono::milliseconds timeout,
                                                const CurlOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return m_handle.get(); }
  Result<Response> finish(CURLcode code);

 private:
  struct FreeHandle {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };

  explicit Transfer(const Request& request) : m_request(request) {}
  Result<void> set_up(std::chrono::milliseconds timeout, const CurlOptions& options);
  Result<void> set_headers();
  void set_body();
  Error error_of(CURLcode code) const;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);

  const Request& m_request;
  Response m_response;
  std::string m_host;
  std::size_t m_header_bytes = 0;
  bool m_headers_ended = false;
  std::optional<Error> m_refused;  // why a callback stopped the transfer
  std::array<char, CURL_ERROR_SIZE> m_words{};
  std::unique_ptr<curl_slist, FreeList> m_header_list;
  std::unique_ptr<CURL, FreeHandle> m_handle;
};

}  // namespace tide::net

# Typhoeus, on ethon, on FFI (dlopen and dlsym): ruby_typhoeus.rb easy|multi URL...
require "typhoeus"

interface, *urls = ARGV
if interface == "easy"
  urls.each { |url| puts Typhoeus.get(url).code }
else
  hydra = Typhoeus::Hydra.hydra
  requests = urls.map { |url| Typhoeus::Request.new(url) }
  requests.each { |request| hydra.queue(request) }
  hydra.run
  requests.each { |request| puts request.response.code }
end

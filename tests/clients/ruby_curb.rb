# Curb: ruby_curb.rb easy|multi URL...
require "curb"

interface, *urls = ARGV
if interface == "easy"
  urls.each { |url| puts Curl::Easy.perform(url).response_code }
else
  multi = Curl::Multi.new
  handles = urls.map { |url| Curl::Easy.new(url) }
  handles.each { |easy| multi.add(easy) }
  multi.perform
  handles.each { |easy| puts easy.response_code }
end

// The script that zabbix_js runs, as server and proxy run those of items and webhooks; `value` is the URL.
var request = new HttpRequest();
request.get(value);
return request.getStatus();

#lang racket/base
; Racket's foreign functions (dlopen and dlsym): racket_ffi.rkt LIBRARY URL
(require ffi/unsafe)
(define-values (name url)
  (let ([arguments (current-command-line-arguments)])
    (values (vector-ref arguments 0) (vector-ref arguments 1))))
(define library (ffi-lib name))
(define easy ((get-ffi-obj "curl_easy_init" library (_fun -> _pointer))))
((get-ffi-obj "curl_easy_setopt" library (_fun #:varargs-after 2 _pointer _int _bytes -> _int))
 easy 10002 (string->bytes/utf-8 (string-append url "\0")))
((get-ffi-obj "curl_easy_setopt" library (_fun #:varargs-after 2 _pointer _int _long -> _int)) easy 44 1)
((get-ffi-obj "curl_easy_perform" library (_fun _pointer -> _int)) easy)
(displayln
 ((get-ffi-obj "curl_easy_getinfo" library
               (_fun #:varargs-after 2 _pointer _int [status : (_ptr o _long)] -> _int -> status))
  easy #x200002))
((get-ffi-obj "curl_easy_cleanup" library (_fun _pointer -> _void)) easy)

// One call of Go's own HTTP client, statically linked: key and address come from the environment.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	request, err := http.NewRequest("GET", os.Getenv("OPENAI_BASE_URL")+"/models", nil)
	if err == nil {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("OPENAI_API_KEY"))
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(request); err == nil {
			fmt.Println(answer.StatusCode)
			return
		}
	}
	fmt.Println(err)
}

// Evaluates what it reads, as Argo's controller does (util/expr/argoexpr): a JSON array of [expression, variables] on stdin,
// and on stdout an array of what they are, or of what is wrong with them as {"error": …}.
package main

import (
	"encoding/base64"
	"encoding/json"
	"log"
	"os"
	"strconv"

	"github.com/antonmedv/expr"
)

func main() {
	var asked [][2]json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	answers := make([]any, len(asked))
	for i, one := range asked {
		var text string
		var env map[string]any
		if json.Unmarshal(one[0], &text) != nil || json.Unmarshal(one[1], &env) != nil {
			log.Fatalf("not an expression with its variables: %s", one)
		}
		env["asInt"] = func(text string) int {
			number, _ := strconv.Atoi(text)
			return number
		}
		// Built in since 1.14; this may be an older one, which is what Debian has.
		env["toBase64"] = func(text string) string {
			return base64.StdEncoding.EncodeToString([]byte(text))
		}
		answers[i] = evaluate(text, env)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func evaluate(text string, env map[string]any) any {
	program, err := expr.Compile(text, expr.Env(env))
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	answer, err := expr.Run(program, env)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	return answer
}

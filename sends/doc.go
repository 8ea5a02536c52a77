// Package sends carries a send from the draft to the last outcome.
package sends

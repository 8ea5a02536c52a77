package commands

import "encoding/json"

// decode reads the value of a button or the metadata of a form. command is the one to run again if it can't be read.
func decode[T any](text, command string) (v T, err error) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, brokenButton(command, err)
	}
	return v, nil
}

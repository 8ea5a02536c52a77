// Package form has the names of form fields, and reads and checks what people enter.
package form

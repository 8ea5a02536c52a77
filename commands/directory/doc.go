// Package directory has the commands about directories and their registered users.
package directory

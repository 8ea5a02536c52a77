// Package format puts numbers, times and names into short texts.
package format

// Package figures counts the sessions of campaigns and draws what came in.
package figures

// Package figures counts the sessions of campaigns and draws charts of them.
package figures

package app

import "runtime/debug"

// version is set by the build: -ldflags "-X github.com/coupontools/couponbot/cmd/internal/app.version=v1.2.3".
var version string

// Version returns the version that the build has set. Without one it returns the module's version or the commit from the
// Go tool's build info.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return buildVersion(info)
}

// buildVersion returns the version from the Go tool's build info.
func buildVersion(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	var commit, dirty string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	if commit == "" {
		return "development"
	}
	return "commit " + commit + dirty
}

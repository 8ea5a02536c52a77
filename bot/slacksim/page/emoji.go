package page

import (
	"regexp"
	"strings"
)

// emojiNames are names that a bot is likely to use. Other names stay as they are, as unknown names do in Slack.
var emojiNames = map[string]string{
	"+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "wave": "👋", "clap": "👏", "pray": "🙏", "ok_hand": "👌",
	"point_right": "👉", "point_up": "☝️", "raised_hands": "🙌", "muscle": "💪", "eyes": "👀",
	"smile": "😄", "slightly_smiling_face": "🙂", "wink": "😉", "thinking_face": "🤔", "cry": "😢", "sweat_smile": "😅",
	"white_check_mark": "✅", "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌", "heavy_multiplication_x": "✖️",
	"no_entry": "⛔", "no_entry_sign": "🚫", "octagonal_sign": "🛑", "warning": "⚠️", "rotating_light": "🚨",
	"exclamation": "❗", "question": "❓", "grey_question": "❔", "information_source": "ℹ️", "bulb": "💡", "bell": "🔔",
	"hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️", "alarm_clock": "⏰", "calendar": "📅",
	"spiral_calendar_pad": "🗓️", "date": "📅", "mag": "🔍", "lock": "🔒", "unlock": "🔓", "key": "🔑", "link": "🔗",
	"email": "✉️", "envelope": "✉️", "incoming_envelope": "📨", "iphone": "📱", "phone": "☎️", "speech_balloon": "💬",
	"mega": "📣", "loudspeaker": "📢", "inbox_tray": "📥", "outbox_tray": "📤", "package": "📦", "label": "🏷️",
	"ticket": "🎫", "admission_tickets": "🎟️", "gift": "🎁", "tada": "🎉", "moneybag": "💰", "credit_card": "💳",
	"chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊", "clipboard": "📋",
	"memo": "📝", "pencil2": "✏️", "page_facing_up": "📄", "file_folder": "📁", "open_file_folder": "📂",
	"paperclip": "📎", "wastebasket": "🗑️", "bust_in_silhouette": "👤", "busts_in_silhouette": "👥", "robot_face": "🤖",
	"rocket": "🚀", "fire": "🔥", "star": "⭐", "sparkles": "✨", "heart": "❤️", "zap": "⚡", "100": "💯",
	"arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️", "arrows_counterclockwise": "🔄", "repeat": "🔁",
	"large_green_circle": "🟢", "large_yellow_circle": "🟡", "large_orange_circle": "🟠", "red_circle": "🔴",
	"large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫", "small_blue_diamond": "🔹",
	"globe_with_meridians": "🌐", "shield": "🛡️", "gear": "⚙️", "wrench": "🔧", "pause_button": "⏸️",
	"double_vertical_bar": "⏸️", "arrow_forward": "▶️", "black_square_for_stop": "⏹️",
}

var emojiCode = regexp.MustCompile(`:[a-z0-9_+-]{1,40}:`)

// withEmoji replaces the names of emoji, such as :tada:, by emoji.
func withEmoji(text string) string {
	if !strings.Contains(text, ":") {
		return text
	}
	return emojiCode.ReplaceAllStringFunc(text, func(name string) string {
		if e, ok := emojiNames[strings.Trim(name, ":")]; ok {
			return e
		}
		return name
	})
}

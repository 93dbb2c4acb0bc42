//! Texts that are no device token, or no longer one: what to look at first when one token is refused.

use super::entries;

entries! { DeviceToken;
    TOKEN_IS_EMPTY = "token-is-empty", Error, [MissingDeviceToken, BadDeviceToken, BadPath] [] {
        title: "The device token is empty.",
        meaning: "The request went to `/3/device/` with nothing behind it.",
        causes: ["An empty column was read.", "The call to APNs leaves the token out of the path."],
        tell: "Look at the path of the request.",
        fix: "Find where the empty token comes from in your records, and skip such rows.",
        tidings: "Refuses an empty token at registration.",
    }
    TOKEN_IS_A_DESCRIPTION = "token-is-a-description", Error, [BadDeviceToken] [RefusedByLibrary] {
        title: "The text is how Swift or Objective-C describes the bytes of a token, not the token.",
        meaning: "The app sent `Data`'s or `NSData`'s description: `{length = 32, bytes = 0x1234 … 5678}` since iOS 13, `<1234 5678 …>` \
                  before. The newer form leaves out bytes in the middle; they are lost.",
        causes: ["`String(describing: deviceToken)` or `deviceToken.description` in the app."],
        tell: "`length`, `bytes`, `…`, angle brackets or spaces in the stored text.",
        fix: "In the app: `deviceToken.map { String(format: \"%02x\", $0) }.joined()`. Rows of the form with `length` cannot be \
              recovered; from `<…>` take the brackets and spaces away.",
        tidings: "Refuses such a text at registration and says why.",
    }
    TOKEN_OF_ANOTHER_SERVICE = "token-of-another-service", Error, [BadDeviceToken] [RefusedByLibrary] {
        title: "The text looks like an identifier of another service, not like a device token of APNs.",
        meaning: "Push services in between (Firebase, Expo, OneSignal and others) give an app identifiers of their own. APNs does not \
                  know them. A UUID is an identifier of a device or an installation, never a token.",
        causes: [
            "The app sends the token of its push library rather than the one it got from iOS.",
            "The wrong column was exported from the other service.",
        ],
        tell: "A device token is hexadecimal digits only. Colons, dashes, brackets or other letters do not occur in it.",
        fix: "Send the bytes of `didRegisterForRemoteNotificationsWithDeviceToken` in hexadecimal, or send through the service that \
              the identifier belongs to.",
        tidings: "Refuses such a text at registration and says what it looks like.",
    }
    TOKEN_IN_BASE64 = "token-in-base64", Error, [BadDeviceToken] [RefusedByLibrary] {
        title: "The device token is written in base64; APNs wants hexadecimal.",
        meaning: "The text decodes from base64 to as many bytes as a token has.",
        causes: ["The app or the backend encoded the bytes with base64."],
        tell: "Letters beyond `f`, often a `=` at the end, 44 characters for 32 bytes.",
        fix: "Convert: `base64 -d | xxd -p -c0`. In the app send hexadecimal.",
        tidings: "Refuses it at registration and says what it is.",
    }
    TOKEN_DAMAGED = "token-damaged", Error, [BadDeviceToken] [RefusedByLibrary] {
        title: "The device token is cut off or damaged.",
        meaning: "A token has an even number of hexadecimal digits, at least 64 so far. Fewer, or half a byte at the end, mean that \
                  something was lost.",
        causes: [
            "The column is too short: `VARCHAR(64)` cuts a longer token.",
            "The token was copied from a log that shortens it.",
        ],
        tell: "Count the digits. Compare with other tokens of the same app.",
        fix: "Store tokens in a column without a limit (`TEXT`), and let the app register again.",
        tidings: "Refuses an odd number of digits at registration; stores tokens of any length.",
    }
    LENGTH_CHECK = "length-check-refuses-good-token", Info, [] [RefusedByLibrary] {
        title: "The device token is longer than 32 bytes, which is allowed.",
        meaning: "Apple says not to assume a length. Longer tokens than 32 bytes occur; a library or a column that insists on 64 digits \
                  refuses or cuts them.",
        causes: ["A check for exactly 64 hexadecimal digits in the sender or its library."],
        tell: "The token is hexadecimal, even, and longer than 64 digits, and the refusal comes before anything is sent.",
        fix: "Remove the check of the length, or update the library; make the column `TEXT`.",
        tidings: "Takes tokens of any length up to 512 bytes.",
    }
}

//! Provider tokens: their form, their age, and the clock behind them.

use super::entries;

entries! { ProviderToken;
    MALFORMED = "provider-token-malformed", Error, [InvalidProviderToken] [] {
        title: "The provider token is not formed as APNs wants it.",
        meaning: "A provider token is a JWT with `alg` ES256 and `kid` in its header, `iss` (the team) and `iat` (seconds) in its claims, in \
                  base64url without padding.",
        causes: ["The library signs with another algorithm.", "`iat` is text or in milliseconds.", "Padding or a line break got into it."],
        tell: "Paste one into `tidings doctor`: the parts before the signature can be read by anybody.",
        fix: "Make it with a library for APNs, or by this form.",
        tidings: "Makes provider tokens by itself.",
    }
    NAMES_DIFFER = "provider-token-names-another-key", Error, [InvalidProviderToken] [] {
        title: "The provider token names another key or team than is configured.",
        meaning: "What is sent is not what is configured: `kid` must be the key's id and `iss` the team's.",
        causes: ["`kid` and `iss` are exchanged.", "An old process still runs with the former key."],
        tell: "Decode the token and compare.",
        fix: "Correct `kid` and `iss`; restart what has the old key.",
        tidings: "Makes provider tokens by itself.",
    }
    TOO_OLD = "provider-token-too-old", Error, [ExpiredProviderToken] [] {
        title: "The provider token is older than an hour.",
        meaning: "APNs takes a provider token for an hour from its `iat`. It must be renewed before, and not more often than every 20 minutes.",
        causes: ["It is made once, at the start of the program.", "The clock of the sender is behind."],
        tell: "It begins about an hour after a start: the token is not renewed. It begins at once: the clock.",
        fix: "Make a new one every 50 minutes.",
        tidings: "Renews it every 50 minutes, and after this answer makes a new one and sends again.",
    }
    CLOCK_IS_WRONG = "clock-is-wrong", Error, [ExpiredProviderToken, InvalidProviderToken] [] {
        title: "The clock of the sender is wrong.",
        meaning: "A provider token carries the time of its making. APNs refuses one that is too old or, it seems, from the future.",
        causes: ["No time synchronisation in a virtual machine or container host.", "The machine was suspended and resumed."],
        tell: "Compare `date -u` with the `date` header of any answer of APNs.",
        fix: "timedatectl set-ntp true, or whatever keeps this machine's time.",
        tidings: "`doctor --online` compares the clocks.",
    }
    RENEWED_TOO_OFTEN = "provider-token-renewed-too-often", Error, [TooManyProviderTokenUpdates] [] {
        title: "The provider token is made anew too often.",
        meaning: "A connection takes another provider token at most every 20 minutes. Many processes behind one address, each with a token of \
                  its own, have been seen to run into the same limit.",
        causes: ["A token is made for every notification.", "Each worker makes its own.", "The program restarts often."],
        tell: "`iat` of the tokens sent is always now.",
        fix: "Make one token for each key every 50 minutes and share it. After this answer keep the present one, on a new connection.",
        tidings: "Shares one provider token between all connections of a credential.",
    }
}

//! Certificates: what they are for, where they work, and until when.

use super::entries;

entries! { Certificate;
    EXPIRED = "certificate-expired", Error, [BadCertificate] [NoConnection] {
        title: "The certificate has expired.",
        meaning: "A push certificate is good for about a year. From the instant of its end every connection with it is refused, mostly as an \
                  error of TLS (`certificate_expired`). Device tokens stay good.",
        causes: ["Nobody renewed it."],
        tell: "`openssl x509 -in FILE -noout -enddate`.",
        fix: "Make a new certificate for the same App ID in the developer portal; or use a signing key, which does not expire.",
        tidings: "Does not use it, warns 30 days before, and holds what is to be sent.",
    }
    EXPIRES_SOON = "certificate-expires-soon", Warning, [] [] {
        title: "The certificate expires soon.",
        meaning: "When it ends, everything that is sent with it stops at once.",
        causes: ["It is a year old."],
        tell: "`openssl x509 -in FILE -noout -enddate`.",
        fix: "Make a new certificate for the same App ID before then and install it; or use a signing key, which does not expire.",
        tidings: "Says so from 30 days before.",
    }
    NOT_YET_VALID = "certificate-not-yet-valid", Error, [BadCertificate] [NoConnection] {
        title: "The certificate is not valid yet.",
        meaning: "Its validity begins later than this machine's time. Mostly the machine's clock is wrong.",
        causes: ["The clock is behind."],
        tell: "`openssl x509 -in FILE -noout -startdate`, and `date -u`.",
        fix: "Set the clock.",
        tidings: "Nothing.",
    }
    FOR_THE_OTHER_ENVIRONMENT = "certificate-for-the-other-environment", Error, [BadCertificateEnvironment] [RefusedByLibrary] {
        title: "The certificate is for the other environment.",
        meaning: "Older certificates are for development or for production; those made since about 2016 are for both.",
        causes: ["A development certificate is used for production, or the reverse.", "It was uploaded into the wrong slot of a service."],
        tell: "The certificate is marked by extensions (1.2.840.113635.100.6.3.1 for development, 6.3.2 for production), not by its name.",
        fix: "Make an Apple Push Notification service SSL (Sandbox & Production) certificate, or use a signing key.",
        tidings: "Reads the environments from the certificate, and uses it for those only.",
    }
    FOR_ANOTHER_APP = "certificate-for-another-app", Error, [DeviceTokenNotForTopic, TopicDisallowed, BadTopic, BadCertificate] [] {
        title: "The certificate is for another app.",
        meaning: "A certificate names the app that it may send to. Without a topic in the request, that app is taken as the topic.",
        causes: ["The certificate of another app or flavour was configured."],
        tell: "The certificate's user id (UID in its subject) is the bundle id.",
        fix: "Use the certificate of this app, or a signing key of the team, which serves all its apps.",
        tidings: "Says so at upload.",
    }
    LACKS_TOPIC = "certificate-lacks-topic", Error, [TopicDisallowed, BadTopic] [] {
        title: "The certificate does not list this topic.",
        meaning: "A certificate lists its topics: the app, and `.voip` and `.complication` where they were enabled.",
        causes: ["It was made before the capability was enabled.", "The push type needs a topic that certificates do not carry."],
        tell: "Read the list of topics in the certificate: `tidings doctor FILE`.",
        fix: "Make the certificate anew after enabling the capability, or use a signing key.",
        tidings: "Reads the list and says so at upload.",
    }
    NOT_FOR_PUSH = "not-a-push-certificate", Error, [BadCertificate] [NoConnection, NotLoaded] {
        title: "The certificate is not for push notifications.",
        meaning: "Certificates that sign apps (Apple Development, Apple Distribution), passes or payments look alike in a keychain. APNs takes \
                  none of them for an app's notifications.",
        causes: ["The wrong row was exported from the keychain."],
        tell: "A push certificate is called `Apple Push Services: BUNDLE` (older: `Apple Development IOS Push Services`).",
        fix: "Export the certificate that is called `Apple Push Services: …`, with its private key.",
        tidings: "Refuses it at upload.",
    }
    PASS_NEEDS_ITS_OWN = "pass-needs-its-own-certificate", Error, [BadCertificate, TopicDisallowed, BadDeviceToken, BadTopic] [] {
        title: "Updates of Wallet passes need the pass type's certificate, and production.",
        meaning: "The topic of a pass is its pass type id, the credential is the certificate of that pass type, and there is no sandbox.",
        causes: ["The app's certificate or key is used for passes.", "Passes are sent to the sandbox."],
        tell: "The topic begins with `pass.`.",
        fix: "Use the Pass Type ID certificate and api.push.apple.com.",
        tidings: "Nothing: register passes under their pass type id with their certificate.",
    }
    WITHOUT_KEY = "certificate-without-key", Error, [MissingProviderToken] [NotLoaded, NoConnection] {
        title: "The certificate comes without its private key.",
        meaning: "Without the private key nobody can use the certificate.",
        causes: ["Only the certificate was exported, not the identity.", "It is the .cer from the developer portal."],
        tell: "In Keychain Access the certificate has a small triangle that opens to its key; export both together.",
        fix: "Export certificate and key together as .p12 on the machine where the request was made.",
        tidings: "Refuses it at upload.",
    }
    KEY_DOES_NOT_MATCH = "key-does-not-match-certificate", Error, [BadCertificate] [NotLoaded, NoConnection] {
        title: "The private key does not belong to the certificate.",
        meaning: "Certificate and key are a pair. A key of an earlier request does not fit.",
        causes: ["The certificate was renewed with a new request, and the old key kept."],
        tell: "The public keys differ: `openssl x509 -pubkey -noout` and `openssl pkey -pubout`.",
        fix: "Use the key with which the certificate was requested.",
        tidings: "Refuses the pair at upload.",
    }
    SEVERAL_IDENTITIES = "several-identities", Warning, [BadCertificateEnvironment] [] {
        title: "The file holds several certificates with keys.",
        meaning: "Which of them a library takes is a matter of chance.",
        causes: ["Several rows were exported from the keychain together."],
        tell: "`tidings doctor FILE` lists them.",
        fix: "Export the one push certificate, with its key, into a file of its own.",
        tidings: "Refuses to guess.",
    }
    UNUSABLE = "certificate-unusable", Error, [] [NotLoaded] {
        title: "The file cannot be used as a credential.",
        meaning: "It is encrypted with a password that was not given, damaged, or something else than its name says.",
        causes: ["The password is wrong or missing.", "The file was cut off or renamed."],
        tell: "`openssl pkcs12 -legacy -in FILE -info -noout` says more.",
        fix: "Export it again, with a password that you know.",
        tidings: "Refuses it at upload and says why.",
    }
    OLD_ENCRYPTION = "keystore-in-old-encryption", Info, [] [NotLoaded] {
        title: "The .p12 is encrypted in a way that newer programs refuse.",
        meaning: "Keychain Access writes RC2-40 and 3DES. OpenSSL 3 opens that only with `-legacy`, and reports anything from `unsupported` \
                  to a wrong password. An empty password exists in two forms on top of that.",
        causes: ["A new base image brought OpenSSL 3."],
        tell: "It opens with `openssl pkcs12 -legacy`, and not without.",
        fix: "openssl pkcs12 -legacy -in old.p12 -nodes -out both.pem && openssl pkcs12 -export -in both.pem -out new.p12",
        tidings: "Reads both forms, and both empty passwords.",
    }
    JUDGED_BY_NAME = "library-misjudges-certificate", Warning, [] [RefusedByLibrary] {
        title: "A library refuses the certificate for its environment before sending.",
        meaning: "Some libraries judge the environment by the certificate's name. Apple changed the name when one certificate began to serve \
                  both environments.",
        causes: ["The library is old.", "The certificate is really for the other environment."],
        tell: "The error comes without a connection being made.",
        fix: "Update the library; check the certificate with `tidings doctor FILE`.",
        tidings: "Judges by the extensions in the certificate.",
    }
}

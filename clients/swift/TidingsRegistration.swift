// Tells your backend this app's device token at every launch, and does what the answer says.
//
// Put this one file into your app. It needs iOS 15, tvOS 15, watchOS 8, visionOS 1 or macOS 12, and nothing else.
//
//     let tidings = TidingsRegistration(
//         // Your backend, which adds its API key and passes the request on to
//         // PUT /v1/apps/{bundle_id}/devices/{token}. An API key does not belong into an app.
//         url: { token in URL(string: "https://api.example.com/devices/\(token)")! },
//         authorize: { request in request.setValue("Bearer \(session)", forHTTPHeaderField: "Authorization") }
//     )
//
//     func application(_ application: UIApplication,
//                      didRegisterForRemoteNotificationsWithDeviceToken token: Data) {
//         Task { await tidings.register(token, userID: currentUser?.id) }
//     }
//
// Call `registerForRemoteNotifications()` at every launch: iOS answers at once if it has a token. Do not store the token.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

import Foundation

#if canImport(UIKit) && !os(watchOS)
import UIKit
#elseif canImport(WatchKit)
import WatchKit
#elseif canImport(AppKit)
import AppKit
#endif

/// Tells a backend this app's device tokens, and does what the answer says.
public actor TidingsRegistration {
    /// What a device token is for.
    public enum Kind: String, Sendable {
        case alert, voip, complication, fileprovider, location, ptt, widget, controls
        case liveActivityStart = "liveactivity-start"
        case liveActivityUpdate = "liveactivity-update"
    }

    /// What the backend says the app should do.
    public enum Action: String, Decodable, Sendable {
        case ok
        case refreshToken = "refresh_token"
        case wrongEnvironment = "wrong_environment"
        case wrongKind = "wrong_kind"
    }

    private struct Body: Encodable {
        let kind: String
        let environment: String
        let installation_id: String
        let user_id: String?
        let tags: [String]?
        let locale: String
        let app_version: String?
        let os_version: String
        let device_model: String
    }

    private struct Answer: Decodable {
        let action: Action
    }

    private let url: @Sendable (String) -> URL
    private let authorize: @Sendable (inout URLRequest) -> Void
    private let session: URLSession
    /// Tokens are asked for anew once in a launch: a second time would not help.
    private var hasRefreshed = false

    /// - Parameters:
    ///   - url: Where to `PUT` a token, which is given in hexadecimal digits.
    ///   - authorize: Adds whatever your backend knows its users by.
    public init(
        url: @escaping @Sendable (String) -> URL,
        authorize: @escaping @Sendable (inout URLRequest) -> Void = { _ in },
        session: URLSession = .shared
    ) {
        self.url = url
        self.authorize = authorize
        self.session = session
    }

    /// Tells the backend a token. Failures are tried again at the next launch; nothing is lost by them.
    ///
    /// - Parameters:
    ///   - token: As iOS gives it.
    ///   - userID: Whose device it is; `nil` leaves what the backend knows.
    ///   - tags: Tags to send by; `nil` leaves them as they are, an empty list takes all away.
    /// - Returns: What the backend said; `nil` if it could not be reached.
    @discardableResult
    public func register(
        _ token: Data,
        kind: Kind = .alert,
        userID: String? = nil,
        tags: [String]? = nil
    ) async -> Action? {
        // Never `token.description`: it is made for people, and leaves bytes out.
        let digits = token.map { String(format: "%02x", $0) }.joined()
        var request = URLRequest(url: url(digits))
        request.httpMethod = "PUT"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        authorize(&request)
        let body = Body(
            kind: kind.rawValue,
            environment: Self.environment,
            installation_id: Self.installationID,
            user_id: userID,
            tags: tags,
            locale: Locale.current.identifier,
            app_version: Bundle.main.object(forInfoDictionaryKey: "CFBundleVersion") as? String,
            os_version: Self.systemVersion,
            device_model: Self.deviceModel
        )
        guard
            let json = try? JSONEncoder().encode(body),
            let (data, response) = try? await session.upload(for: request, from: json),
            (response as? HTTPURLResponse).map({ (200..<300).contains($0.statusCode) }) == true,
            let answer = try? JSONDecoder().decode(Answer.self, from: data)
        else { return nil }
        if answer.action == .refreshToken, kind == .alert, !hasRefreshed {
            hasRefreshed = true
            await Self.askForAnotherToken()
        }
        return answer.action
    }

    // MARK: - What is found out by itself

    /// `production` or `sandbox`, by the provisioning profile in this app. Apps from the App Store have none: production.
    public static let environment: String = {
        #if targetEnvironment(simulator)
        return "sandbox"
        #else
        guard let profile = embeddedProfile() else { return "production" }
        // The profile is a signed message around a property list, which stands in it as plain text.
        guard
            let begin = profile.range(of: Data("<plist".utf8)),
            let end = profile.range(of: Data("</plist>".utf8), in: begin.lowerBound..<profile.endIndex),
            let list = try? PropertyListSerialization.propertyList(
                from: profile.subdata(in: begin.lowerBound..<end.upperBound), format: nil
            ) as? [String: Any],
            let entitlements = list["Entitlements"] as? [String: Any]
        else { return "production" }
        let value = entitlements["aps-environment"] ?? entitlements["com.apple.developer.aps-environment"]
        return (value as? String)?.lowercased() == "development" ? "sandbox" : "production"
        #endif
    }()

    private static func embeddedProfile() -> Data? {
        #if os(macOS) || targetEnvironment(macCatalyst)
        let url = Bundle.main.bundleURL.appendingPathComponent("Contents/embedded.provisionprofile")
        return try? Data(contentsOf: url)
        #else
        guard let url = Bundle.main.url(forResource: "embedded", withExtension: "mobileprovision") else { return nil }
        return try? Data(contentsOf: url)
        #endif
    }

    /// Made when the app is installed, and kept for as long as it is. It stays out of backups: a restored device is another
    /// installation, or two devices would take each other's tokens away.
    public static let installationID: String = {
        let manager = FileManager.default
        guard var folder = try? manager.url(
            for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true
        ) else { return UUID().uuidString }
        folder.appendPathComponent("Tidings", isDirectory: true)
        var file = folder.appendingPathComponent("installation-id")
        if let known = try? String(contentsOf: file, encoding: .utf8), UUID(uuidString: known) != nil {
            return known
        }
        let new = UUID().uuidString
        try? manager.createDirectory(at: folder, withIntermediateDirectories: true)
        // Readable before the first unlock, since VoIP pushes launch apps then.
        #if os(macOS)
        try? Data(new.utf8).write(to: file, options: .atomic)
        #else
        try? Data(new.utf8).write(to: file, options: [.atomic, .noFileProtection])
        #endif
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? file.setResourceValues(values)
        return new
    }()

    private static var systemVersion: String {
        let version = ProcessInfo.processInfo.operatingSystemVersion
        return "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
    }

    /// Such as `iPhone17,1`.
    private static var deviceModel: String {
        #if targetEnvironment(simulator)
        return "Simulator"
        #else
        var system = utsname()
        uname(&system)
        return withUnsafeBytes(of: &system.machine) { bytes in
            String(decoding: bytes.prefix(while: { $0 != 0 }), as: UTF8.self)
        }
        #endif
    }

    /// The token is of no use: give it back, and ask for another, which comes by the delegate as ever.
    @MainActor
    private static func askForAnotherToken() async {
        #if canImport(UIKit) && !os(watchOS)
        UIApplication.shared.unregisterForRemoteNotifications()
        try? await Task.sleep(nanoseconds: 2_000_000_000)
        UIApplication.shared.registerForRemoteNotifications()
        #elseif os(watchOS)
        WKExtension.shared().unregisterForRemoteNotifications()
        try? await Task.sleep(nanoseconds: 2_000_000_000)
        WKExtension.shared().registerForRemoteNotifications()
        #elseif canImport(AppKit)
        NSApplication.shared.unregisterForRemoteNotifications()
        try? await Task.sleep(nanoseconds: 2_000_000_000)
        NSApplication.shared.registerForRemoteNotifications()
        #endif
    }
}

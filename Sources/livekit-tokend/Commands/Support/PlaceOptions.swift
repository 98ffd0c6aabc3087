import CommandLineInterface
import Configuration
import TokenEndpoint

/// The options `--scene` and `--event` of a command that asks for a token: where in a room it is to be for.
struct PlaceOptions {
    let scene, event: String?

    init(_ arguments: inout Arguments) {
        scene = arguments.option("scene", "scene", "A scene of the room.")
        event = arguments.option("event", "event", "An event in the room.")
    }

    /// The request for a token, as a client would send it.
    func request(inRoom roomID: String, _ settings: Settings) throws(Failure) -> TokenRequest {
        TokenRequest(
            room: try ArgumentValue.roomID(roomID, "ROOM_ID", settings),
            scene: try ArgumentValue.roomID(scene, "--scene", settings),
            event: try ArgumentValue.roomID(event, "--event", settings)
        )
    }
}

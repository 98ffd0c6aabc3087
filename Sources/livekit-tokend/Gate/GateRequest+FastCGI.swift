import Daemon
import FastCGI
import JoinGate
import RoomAccess
import StrictJSON
import TokenEndpoint

extension GateRequest {
    /// Takes a question of nginx; `nil` for a request that is none: of another path, or without the parameter by which
    /// nginx asks.
    ///
    /// The parameters of the gate are those after the login's in the responder's list.
    init?(_ received: Request) {
        func parameter(_ parameter: GateParameter) -> [UInt8]? {
            received.parameter(LoginParameter.allCases.count + parameter.rawValue)
        }
        guard let path = received[.scriptName], path.elementsEqual(Self.path.utf8),
            let endpoint = parameter(.endpoint)
        else { return nil }
        var generator = KernelRandomness()
        func text(_ bytes: [UInt8]?) -> UTF8String? { bytes.flatMap { UTF8String(validating: $0) } }
        self.init(
            endpoint: GateEndpoint.allCases.first { endpoint.elementsEqual($0.rawValue.utf8) },
            method: text(parameter(.method)) ?? "",
            target: Redacted(parameter(.target) ?? []),
            authorization: parameter(.authorization).map { Redacted($0) },
            client: text(received[.remoteAddress]) ?? "",
            id: text(received[.requestID]).flatMap { RequestID($0) } ?? RequestID(using: &generator),
            repeatedMetaVariable: received.repeated
        )
    }
}

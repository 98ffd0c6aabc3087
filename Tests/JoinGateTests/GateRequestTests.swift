import JoinGate
import Testing

@Suite struct `A parameter of the gate` {
    @Test(arguments: GateParameter.allCases) func `is none that a header of a client becomes`(_ one: GateParameter) {
        #expect(one.variable.hasPrefix("LIVEKIT_GATE"))
    }
}

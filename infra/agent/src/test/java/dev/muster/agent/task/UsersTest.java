package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rule for the user of a task, without processes. */
class UsersTest {
    private static final Login DEPLOY =
            new Login(text("deploy"), 7, 8, text(""), text("/home/deploy"), text("/bin/sh"));

    @TempDir
    Path dir;

    private static ByteString text(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static Users users(String allowed, String own, boolean isRoot) {
        return new Users(
                AllowedUsers.of(allowed),
                own,
                isRoot,
                name -> name.equals("deploy") ? Optional.of(DEPLOY) : Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "'',root,true,''",
        "'',me,false,''",
        "'',root,true,root",
        "'',me,false,me",
        "*,me,false,me",
        "deploy,root,true,root"
    })
    void without_a_user_and_for_its_own_user_the_agent_runs_plainly(
            String allowed, String own, boolean isRoot, String name) throws Exception {
        assertThat(users(allowed, own, isRoot).of(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy", "*", "other, deploy", "deploy,"})
    void an_agent_that_runs_as_root_changes_to_a_user_that_it_allows(String allowed) throws Exception {
        assertThat(users(allowed, "root", true).of("deploy")).contains(DEPLOY);
    }

    @ParameterizedTest
    @CsvSource({
        "'',root,true,deploy,does not name the user deploy",
        "other,root,true,deploy,does not name the user deploy",
        "*,root,true,missing,no user missing",
        "missing,root,true,missing,no user missing",
        "*,me,false,deploy,does not run as root",
        "deploy,me,false,deploy,does not run as root",
        "*,me,false,root,who is me",
        "*,'',false,root,without a name",
        "*,root,true,-x,does not name",
        "*,root,true,'a b',does not name",
    })
    void any_other_user_is_refused(String allowed, String own, boolean isRoot, String name, String why) {
        assertThatThrownBy(() -> users(allowed, own, isRoot).of(name))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RUN_AS_REFUSED))
                .hasMessageContaining(why);
    }

    @Test
    void a_name_is_never_cut_at_a_nul() {
        assertThatThrownBy(() -> users("*", "root", true).of("deploy\0x")).isInstanceOf(RefusedException.class);
    }

    @Test
    void the_list_of_allowed_users_is_read_as_it_is_written() {
        assertThat(AllowedUsers.of("")).isEqualTo(AllowedUsers.OWN);
        assertThat(AllowedUsers.of(" a , b,a").names()).isEqualTo(Set.of("a", "b"));
        assertThat(AllowedUsers.of("a,*")).isEqualTo(AllowedUsers.of("*"));
        assertThatThrownBy(() -> AllowedUsers.of("a b")).hasMessageContaining("'a b'");
    }

    @ParameterizedTest
    @CsvSource({
        "'','UMASK\t\t027\n',27",
        "'','# UMASK 077\n  UMASK 002 # usual\n',2",
        "'','UMASK none\n',22",
        "'','',22",
        "'Ann Other,umask=077,room','UMASK 027\n',77",
        "'umask=0007','',7",
        "'noumask=007','',22",
    })
    void the_umask_is_the_user_s_or_the_system_s(String remarks, String loginDefs, String octal) throws Exception {
        Path file = Files.writeString(dir.resolve("login.defs"), loginDefs);
        assertThat(Umask.of(remarks, file)).isEqualTo(Integer.parseInt(octal, 8));
        assertThat(Umask.of(remarks, dir.resolve("missing")))
                .isEqualTo(remarks.contains("=0") && !remarks.startsWith("no") ? Integer.parseInt(octal, 8) : 022);
    }

    @ParameterizedTest
    @CsvSource({"LD_PRELOAD,true", "LD_X,true", "GLIBC_TUNABLES,true", "LOCPATH,true", "PATH,false", "OLD_X,false"})
    void variables_that_change_what_a_program_loads_are_kept_from_the_tool_that_runs_as_root(
            String name, boolean unsafe) {
        assertThat(UserSwitch.isUnsafe(name)).isEqualTo(unsafe);
    }
}
